"""What does a question to the database cost in memory? `python bench/memory_sql.py [--rounds N]`

The same questions are put to `bodega sql`, to `bodega manage shell` (what people use instead: a second
shop in memory) and to the `sqlite3` program, if there is one. Told are medians over the rounds of the
peak of resident memory (`VmHWM`, in KiB), read after the last answer while the process still waits for
more. Beside it what the process alone has (`RssAnon`): the rest are files that others share, such as
Python itself. A scratch volume with Bodega Prints is made first, unless --volume names one.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median

import machine

ORDERS = 400
END = "finis"
SQL = {
    "one value": "SELECT 1",
    "a table of 36 rows": "SELECT * FROM catalog_product",
    "a table of 400 orders": "SELECT * FROM orders_order",
    "a sum": "SELECT status, count(*) FROM orders_order GROUP BY status",
}
PYTHON = {
    "one value": "print(1)",
    "a table of 36 rows": "print(list(Product.objects.values()))",
    "a table of 400 orders": "print(list(Order.objects.values()))",
    "a sum": "print(list(Order.objects.values('status').annotate(n=Count('pk'))))",
}
IMPORTS = (
    "from django.db.models import Count\n"
    "from bodega.catalog.models import Product\nfrom bodega.orders.models import Order\n"
)
Sizes = tuple[int, int]
COMPLAINTS: set[str] = set()  # a console that cannot answer costs nothing: it is told


def main() -> None:
    """Measure and tell."""
    options = parser().parse_args()
    with volume(options.volume) as directory:
        found = {
            (console, question): medians(
                [measured(command, script, directory) for _ in range(options.rounds)]
            )
            for console, command in consoles(directory).items()
            for question, script in scripts(console).items()
        }
        head = machine.described(directory)
    print(told(found, head))
    if options.json:
        rows = [
            {"console": console, "question": question, "peak_kib": peak, "own_kib": own}
            for (console, question), (peak, own) in found.items()
        ]
        options.json.write_text(json.dumps({"machine": head, "rows": rows}, indent=2) + "\n")


@contextmanager
def volume(given: Path | None) -> Iterator[Path]:
    """The volume to ask: the one named, or a scratch one with the demo shop."""
    if given:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="bodega-memory-") as scratch:
        directory = Path(scratch) / "volume"
        for words in (["init", str(directory)], ["demo", "--orders", str(ORDERS)]):
            command = [sys.executable, "-m", "bodega", *words]
            environment = surroundings(directory)
            subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
        yield directory


def consoles(directory: Path) -> dict[str, list[str]]:
    """How each console is started. `sqlite3` is left out when it is not installed."""
    bodega = [sys.executable, "-m", "bodega"]
    found = {"bodega sql": [*bodega, "sql"], "bodega manage shell": [*bodega, "manage", "shell"]}
    program = shutil.which("sqlite3")
    if program:
        found["sqlite3"] = [program, "-readonly", str(directory / "primary.sqlite3")]
    return found


def scripts(console: str) -> dict[str, str]:
    """The questions in a console's language, each of which ends with a line that says so."""
    if console == "bodega manage shell":
        # It reads stdin to its end before it runs anything, so the script itself waits at its end.
        wait = f"print('{END}', flush=True)\nimport time\ntime.sleep(60)\n"
        return {name: f"{IMPORTS}{code}\n{wait}" for name, code in PYTHON.items()}
    return {name: f"{sql};\nSELECT '{END[:2]}' || '{END[2:]}' AS x;\n" for name, sql in SQL.items()}


def measured(command: list[str], script: str, directory: Path) -> Sizes:
    """Ask, wait for the answer, and look at the process: peak and own memory in KiB."""
    unbuffered = ["stdbuf", "-o0"] if command[0].endswith("sqlite3") else []
    process = subprocess.Popen(
        [*unbuffered, *command],
        env=surroundings(directory),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdin.write(script)
    process.stdin.flush()
    if "shell" in command:
        process.stdin.close()
    try:
        if not any(line.strip() == END for line in process.stdout):
            raise SystemExit(f"memory_sql: {' '.join(command)} did not answer")
        status = Path(f"/proc/{process.pid}/status").read_text().splitlines()
    finally:
        process.kill()
        process.stdin.close()
        process.stdout.close()
        process.wait()
    with process.stderr:
        complaint = process.stderr.read().strip()
    if complaint and "shell" not in command:
        COMPLAINTS.add(f"{Path(command[0]).name}: {complaint.splitlines()[0]}")
    sizes = {line.partition(":")[0]: line.split()[1] for line in status if line.endswith("kB")}
    return int(sizes["VmHWM"]), int(sizes["RssAnon"])


def surroundings(directory: Path) -> dict[str, str]:
    """The environment of every process here."""
    return {**os.environ, "BODEGA_MODE": "demo", "BODEGA_VOLUME": str(directory)}


def medians(sizes: list[Sizes]) -> Sizes:
    """The median of each number."""
    return int(median(peak for peak, _ in sizes)), int(median(own for _, own in sizes))


def told(found: dict[tuple[str, str], Sizes], head: str) -> str:
    """A table for people, in MiB."""
    lines = [head, "", f"{'console':<22}{'question':<24}{'peak MiB':>10}{'own MiB':>10}"]
    for (console, question), (peak, own) in found.items():
        lines.append(f"{console:<22}{question:<24}{peak / 1024:>10.1f}{own / 1024:>10.1f}")
    return "\n".join([*lines, *(f"could not answer: {each}" for each in sorted(COMPLAINTS))])


def parser() -> argparse.ArgumentParser:
    """The options."""
    words = argparse.ArgumentParser(prog="bench/memory_sql.py")
    words.add_argument("--rounds", type=int, default=3)
    words.add_argument("--volume", type=Path, help="an existing volume to ask; nothing is written")
    words.add_argument("--json", type=Path, help="also write the numbers here")
    return words


if __name__ == "__main__":
    main()
