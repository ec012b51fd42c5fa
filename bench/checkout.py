"""How many orders a second? `python bench/checkout.py [--rounds N] [--seconds S] [--web N]`

Anonymous buyers go from an empty cart to a paid order at a real shop (`bodega up`: a web process for
each core, one worker, durability as it comes) with fakestripe in a process of its own, which answers
without delay and sends its webhooks. Told: checkouts a second with 1, 8 and 32 buyers, how long they
take, and where the processor's time goes. In the same rounds the limit: the rows an order leaves behind,
written by hand in as many durable transactions, on a volume of its own, by one thread.
(tests/checkout/test_placing.py counts the statements of an order: at most 40.)
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from urllib.parse import urlsplit

import by_hand
import load
import machine
import shop
from buying import Bought
from fakestripe.testing import serve

BUYERS = (1, 8, 32)
SECRET = "whsec_bench"
# What a shop listens to at Stripe; the other events of a payment are not sent.
EVENTS = "checkout.session.completed,checkout.session.expired"
# The demo's 640 invoices, which would be printed meanwhile.
PRINT = """
from bodega.lib.clock import utc_now
from bodega.orders.papers import archive
while waiting := archive.waiting():
    archive.write_each(waiting, now=utc_now())
"""
TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Street:
    """The processes, by what they are for: their ids, and where the two servers listen.

    `generation`: the parent of web processes and worker."""

    made: shop.Shop
    shop: tuple[str, int]
    bank: tuple[str, int]
    generation: int
    parts: dict[str, int]
    variants: list[int]
    buyers: "subprocess.Popen[str]"
    visitors: int = 0


@dataclass
class Row:
    """What was measured with so many buyers, a value of each round."""

    rates: list[float] = field(default_factory=list)
    checkouts: list[float] = field(default_factory=list)
    steps: dict[str, list[float]] = field(default_factory=dict)
    processor: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


def main() -> int:
    """Measure, print, write the report. 1 when a buyer saw anything but the right answer."""
    options = parser().parse_args()
    with ExitStack() as stack:
        street = stack.enter_context(open_street(options.web))
        buy(street, 1, 0.5)  # so that there is an order to write again by hand
        wait_until_quiet(street)
        hand = stack.enter_context(by_hand.shelf(street.made.volume))
        rows = {buyers: Row() for buyers in BUYERS}
        limits = []
        for number in range(options.rounds + 1):
            for buyers, row in rows.items():
                seen = measured(street, buyers, options.seconds, row if number else Row())
                row.errors += seen.errors
            limit = hand.per_second(options.seconds)
            limits += [limit] if number else []
        text = report(rows, limits, hand, street.made.volume, options.web)
    print(text)
    if options.report:
        options.report.write_text(text)
    wrong = [error for row in rows.values() for error in row.errors]
    print(*wrong, sep="\n", file=sys.stderr)
    return 1 if wrong else 0


@contextmanager
def open_street(web: int) -> Iterator[Street]:
    """A demo shop with plenty on its shelves, open with so many web processes, and its bank."""
    with ExitStack() as stack:
        made = stack.enter_context(shop.demo_shop())
        port = shop.free_port()
        url = f"http://127.0.0.1:{port}"
        bank = stack.enter_context(
            serve(
                *("--webhook", f"{url}/payments/webhook/"),
                *("--secret", SECRET, "--events", EVENTS),
            )
        )
        made.environment |= {
            "BODEGA_FAKESTRIPE_URL": bank.base_url,
            "STRIPE_WEBHOOK_SECRET": SECRET,
            "BODEGA_URL": url,
        }
        shop.bodega(["manage", "shell", "--no-imports", "-c", PRINT], made.environment)
        variants = fill_shelves(made.volume)
        supervisor, where = stack.enter_context(shop.up(made, "--workers", str(web), port=port))
        buyers = stack.enter_context(crowd())
        generation = shop.children(supervisor.pid)["generation"]
        parts = {"fakestripe": bank.process.pid, "buyers": buyers.pid}
        at = urlsplit(bank.base_url)
        there = (at.hostname or "", at.port or 0)
        yield Street(made, where, there, generation, parts, variants, buyers)


def fill_shelves(volume: Path) -> list[int]:
    """So much of everything that nothing is sold out; the variants on sale."""
    from bodega.databases.opening import open_file

    connection = open_file("primary", volume)
    try:
        connection.execute("UPDATE catalog_stock SET on_hand = 1000000000, is_tracked = 1")
        sold = "SELECT id FROM catalog_variant WHERE is_active ORDER BY id LIMIT 100"
        return [variant for (variant,) in connection.execute(sold)]
    finally:
        connection.close()


@contextmanager
def crowd() -> Iterator["subprocess.Popen[str]"]:
    """The process of the buyers."""
    words = [sys.executable, str(Path(__file__).with_name("buying.py"))]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process
        assert process.stdin is not None
        process.stdin.close()


def buy(street: Street, buyers: int, seconds: float) -> Bought:
    """Let them buy, and wait until the shop has also done what it does afterwards."""
    words = {
        "shop": street.shop,
        "bank": street.bank,
        "variants": street.variants,
        "buyers": buyers,
        "seconds": seconds,
        "first": street.visitors,
    }
    pipe = street.buyers
    assert pipe.stdin is not None
    assert pipe.stdout is not None
    pipe.stdin.write(json.dumps(words) + "\n")
    pipe.stdin.flush()
    seen = Bought(**json.loads(pipe.stdout.readline()))
    street.visitors += len(seen.checkouts) + buyers
    return seen


def measured(street: Street, buyers: int, seconds: float, row: Row) -> Bought:
    """One round with so many buyers; processor time counts until mails and webhooks are through."""
    before = spent(street)
    seen = buy(street, buyers, seconds)
    wait_until_quiet(street)
    done = max(1, len(seen.checkouts))
    row.rates.append(len(seen.checkouts) / seen.seconds)
    row.checkouts += seen.checkouts
    for name, latencies in seen.steps.items():
        row.steps.setdefault(name, []).extend(latencies)
    for name, seconds in spent(street).items():
        row.processor.setdefault(name, []).append((seconds - before[name]) / done * 1_000)
    return seen


def spent(street: Street) -> dict[str, float]:
    """Processor seconds of each part so far."""
    parts = [("shop: " + verb(pid), pid) for pid in living_children(street.generation)]
    seconds: Counter[str] = Counter()
    for name, pid in sorted(parts, reverse=True) + list(street.parts.items()):
        seconds[name] += processor_seconds(pid)
    return dict(seconds)


def processor_seconds(pid: int) -> float:
    """User and system time of a process, of its living children and of those that have ended."""
    words = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    own = sum(map(int, words[11:15])) / TICK
    return own + sum(map(processor_seconds, living_children(pid)))


def living_children(pid: int) -> list[int]:
    """Of all threads of a process."""
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for each in lists for child in each.read_text().split()]


def verb(pid: int) -> str:
    """What a process of `bodega` does: "web", "worker"."""
    words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    return words[words.index(b"bodega") + 1].decode()


def wait_until_quiet(street: Street) -> None:
    """Until the worker has nothing to do: three looks in a row without any work."""
    quiet = 0
    while quiet < 3:
        before = spent(street)["shop: worker"]
        time.sleep(0.2)
        quiet = quiet + 1 if spent(street)["shop: worker"] - before < 0.02 else 0


def report(
    rows: dict[int, Row], limits: list[float], hand: by_hand.Shelf, volume: Path, web: int
) -> str:
    """Markdown: what was seen."""
    limit = median(limits)
    lines = [
        "# Orders a second",
        "",
        machine.described(volume),
        "",
        f"Web processes: {web}; one worker; bank and buyers on the same cores.",
        "",
        "| buyers | checkouts/s | of the limit | p50 ms | p99 ms | max ms | errors |",
        "|---|---|---|---|---|---|---|",
    ]
    for buyers, row in rows.items():
        rate = median(row.rates)
        times = load.Result(1.0, row.checkouts)
        points = [times.percentile(share) * 1_000 for share in (0.5, 0.99, 1.0)]
        told = " | ".join(f"{point:.0f}" for point in points)
        lines.append(f"| {buyers} | {rate:.1f} | {rate / limit:.1%} | {told} | {len(row.errors)} |")
    lines += [
        "",
        f"The limit: {limit:.0f} orders/s, {hand.described}.",
        "",
        "Milliseconds of processor time a checkout, all that follows it included:",
        "",
        "| buyers | " + " | ".join(next(iter(rows.values())).processor) + " |",
        "|---|" + "---|" * len(next(iter(rows.values())).processor),
        *(
            f"| {buyers} | "
            + " | ".join(f"{median(each):.1f}" for each in row.processor.values())
            + " |"
            for buyers, row in rows.items()
        ),
        "",
        "Milliseconds until the answer, p50 / p99:",
        "",
        "| buyers | " + " | ".join(next(iter(rows.values())).steps) + " |",
        "|---|" + "---|" * len(next(iter(rows.values())).steps),
        *(
            f"| {buyers} | "
            + " | ".join(
                f"{load.Result(1.0, each).percentile(0.5) * 1_000:.1f} / "
                f"{load.Result(1.0, each).percentile(0.99) * 1_000:.1f}"
                for each in row.steps.values()
            )
            + " |"
            for buyers, row in rows.items()
        ),
    ]
    return "\n".join(lines) + "\n"


def parser() -> argparse.ArgumentParser:
    """The options."""
    words = argparse.ArgumentParser(description="Orders a second, from an empty cart to paid.")
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--seconds", type=float, default=4.0, help="of each measurement")
    words.add_argument("--web", type=int, default=os.cpu_count() or 1, help="web processes")
    words.add_argument("--report", type=Path, help="write the tables there")
    return words


if __name__ == "__main__":
    sys.exit(main())
