"""How much memory does a serving shop take? `python bench/memory.py [--small] [--json FILE]`

Starts `bodega up` on a scratch demo shop, asks for N pages (every product, listings, searches, carts,
the back office's login), and adds up PSS: each process's own pages and its share of those it shares
(Linux, /proc/PID/smaps_rollup). The aim is for web + worker; who supervises them is told beside them.
"""

import argparse
import json
import sys
from contextlib import ExitStack
from pathlib import Path

import load
import shop

AIM_MEGABYTES = 120
OTHERS = ["/", "/search/?q=blue", "/search/?q=moon", "/cart/", "/backoffice/login/", "/sitemap.xml"]


def main() -> int:
    """Measure and print; 1 when web and worker take more than the aim."""
    options = parser().parse_args()
    with ExitStack() as stack:
        made = stack.enter_context(shop.demo_shop())
        process, address = stack.enter_context(
            shop.up(made, *(["--small"] if options.small else []))
        )
        ask(
            address,
            [*shop.products(made.volume), *shop.listings(made.volume), *OTHERS],
            options.pages,
        )
        found = {verb: pss(pid) for verb, pid in shop.children(process.pid).items()}
        found["supervisor"] = pss(process.pid)
    # Small: one process is web and worker, and answers for its generation.
    parts = ["generation"] if options.small else ["web", "worker"]
    total = round(sum(found[part] for part in parts), 1)
    for name, megabytes in found.items():
        print(f"{name:<12}{megabytes:>7.1f} MB")
    print(f"{'web + worker':<12}{total:>7.1f} MB of {AIM_MEGABYTES}")
    if options.json:
        told = {**found, "web + worker": total, "pages": options.pages}
        Path(options.json).write_text(json.dumps(told, indent=1) + "\n")
    return 0 if total <= AIM_MEGABYTES else 1


def ask(address: tuple[str, int], paths: list[str], pages: int) -> None:
    """Ask for so many pages, on eight connections."""
    done = 0
    while done < pages:
        result = load.run(address, paths, connections=8, seconds=0.2)
        done += len(result.latencies)
        if result.wrong:
            raise SystemExit(f"{result.wrong} answers were not 200")


def pss(pid: int) -> float:
    """Proportional set size of a process, in megabytes."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return round(int(line.split()[1]) / 1024, 1)
    raise ValueError(f"process {pid} has no Pss")


def parser() -> argparse.ArgumentParser:
    """The options."""
    words = argparse.ArgumentParser(description="Memory of web and worker.")
    words.add_argument("--pages", type=int, default=1_000)
    words.add_argument("--small", action="store_true", help="bodega up --small")
    words.add_argument("--json", metavar="FILE")
    return words


if __name__ == "__main__":
    sys.exit(main())
