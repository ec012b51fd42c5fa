"""What does comparing with Stripe cost? `python bench/reconcile.py [--orders N] [--json FILE]`

Orders that are in the shop and at fakestripe alike, and `bodega reconcile` on them: sessions, charges
and balance transactions, both ways. Told are the CPU seconds and the peak memory of that whole process,
its start included; fakestripe runs in its own process and is not counted. Twice: with a tenth of the
orders, to show that memory does not grow with them; and once more with some of the shop's rows lost,
which are then rebuilt. The aims: 10,000 orders in 10 s of CPU, memory flat.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import machine
import shop
from fakestripe.testing import serve

HERE = Path(__file__).parent
AIM_SECONDS, AIM_ORDERS, AIM_GROWTH_MB = 10.0, 10_000, 8.0
LOSE = """
import sys
import bodega.databases, django
django.setup()
from django.db import connection
from bodega.orders import guarding
from bodega.orders.models import Order
lost = list(Order.objects.order_by("-pk").values_list("pk", flat=True)[: int(sys.argv[1])])
guarding.step_aside()
with connection.cursor() as cursor:
    for table in ("payments_ledgerentry", "payments_attempt"):
        cursor.execute(f"DELETE FROM {table} WHERE order_id >= %s", [min(lost)])
    cursor.execute("DELETE FROM orders_order WHERE id >= %s", [min(lost)])
guarding.install()
"""


@dataclass
class Cost:
    """Of one `bodega reconcile`: seconds of CPU and of the clock, megabytes at the peak."""

    orders: int
    lost: int
    cpu: float
    seconds: float
    peak_mb: float
    seen: dict[str, int]
    settled: int
    rebuilt: int
    open: int

    def row(self) -> str:
        things = sum(self.seen.values())
        return (
            f"{self.orders:>8,} {self.lost:>6,} {things:>8,} {self.cpu:>8.2f} {self.seconds:>8.2f} "
            f"{self.peak_mb:>9.1f} {self.rebuilt:>8,} {self.open:>5,}"
        )


def main() -> int:
    """Measure and print; 1 when an aim is missed."""
    options = parser().parse_args()
    few, many = (measured(count) for count in (options.orders // 10, options.orders))
    with_losses = measured(options.orders // 10, options.lost)
    print("  orders   lost   things    CPU s  clock s   peak MB  rebuilt  open")
    for cost in (few, many, with_losses):
        print(cost.row())
    growth = many.peak_mb - few.peak_mb
    aim = AIM_SECONDS * options.orders / AIM_ORDERS
    print(f"\n{1000 * many.cpu / many.orders:.2f} ms of CPU an order; aim {aim:.1f} s in all")
    print(f"memory grows by {growth:.1f} MB from {few.orders:,} to {many.orders:,} orders")
    print(machine.described(HERE))
    if options.json:
        told = {"agreeing": [asdict(few), asdict(many)], "losses": asdict(with_losses)}
        Path(options.json).write_text(json.dumps(told, indent=1) + "\n")
    is_right = not many.open and with_losses.rebuilt == options.lost
    return 0 if is_right and many.cpu <= max(aim, 2.0) and growth <= AIM_GROWTH_MB else 1


def measured(orders: int, lost: int = 0) -> Cost:
    """One comparison in a shop of its own."""
    with world(orders) as environment:
        if lost:
            python(["-c", LOSE, str(lost)], environment)
        return cost_of(orders, lost, environment)


@contextmanager
def world(orders: int) -> Iterator[dict[str, str]]:
    """A shop and a bank with the same past; the environment of the shop's processes."""
    with shop.empty_shop() as made, tempfile.TemporaryDirectory() as scratch:
        bank_file = str(Path(scratch) / "bank.sqlite3")
        python([str(HERE / "past.py"), str(orders), bank_file], made.environment)
        with serve("--data", bank_file) as bank:
            quiet = {"BODEGA_LOG_LEVEL": "CRITICAL"}
            yield made.environment | quiet | {"BODEGA_FAKESTRIPE_URL": bank.base_url}


def python(words: list[str], environment: dict[str, str]) -> None:
    """Run something to its end."""
    settings = {"DJANGO_SETTINGS_MODULE": "bodega.settings"}
    subprocess.run([sys.executable, *words], env=environment | settings, check=True)


def cost_of(orders: int, lost: int, environment: dict[str, str]) -> Cost:
    """Run it as anybody would, and ask the kernel what it used."""
    command = [sys.executable, "-m", "bodega", "reconcile", "--json"]
    began = time.monotonic()
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    told: dict[str, Any] = json.loads(process.stdout.read())
    _, _, used = os.wait4(process.pid, 0)
    process.stdout.close()
    return Cost(
        orders=orders,
        lost=lost,
        cpu=used.ru_utime + used.ru_stime,
        seconds=time.monotonic() - began,
        peak_mb=used.ru_maxrss * 1024 / 1e6 if sys.platform == "linux" else used.ru_maxrss / 1e6,
        seen=told["seen"],
        settled=told["settled"],
        rebuilt=told["rebuilt"],
        open=sum(told["open"].values()),
    )


def parser() -> argparse.ArgumentParser:
    """The options."""
    words = argparse.ArgumentParser(description="The cost of comparing the shop with Stripe.")
    words.add_argument("--orders", type=int, default=AIM_ORDERS)
    words.add_argument("--lost", type=int, default=100, help="rows to lose in the third round")
    words.add_argument("--json", metavar="FILE")
    return words


if __name__ == "__main__":
    sys.exit(main())
