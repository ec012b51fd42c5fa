"""`bodega up`: the whole shop in one command. Ctrl-C, or SIGTERM, closes it."""

import argparse
import sys

from bodega.ops import terms
from bodega.ops.listening import CannotListen
from bodega.ops.systemd import NotOneSocket
from bodega.ops.up import DidNotOpen, up


def run(arguments: list[str]) -> int:
    """Open the shop.

    Exit codes: 0 closed when told to, 1 could not open, with a sentence why, others: databases/exits.
    """
    options = parser().parse_args(arguments)
    try:
        told = terms.from_environment(options.workers, is_small=options.small)
        return up(options.host, options.port, told, options.expect_generation)
    except DidNotOpen as error:
        print(f"bodega up: {error}", file=sys.stderr)
        return error.code
    except (CannotListen, NotOneSocket, ValueError) as error:
        print(f"bodega up: {error}", file=sys.stderr)
        return 1


def parser() -> argparse.ArgumentParser:
    """The options of `bodega up`."""
    words = argparse.ArgumentParser(
        prog="bodega up",
        description="Run the shop of $BODEGA_VOLUME (default ./storage): web and worker.",
        epilog="docs/running.md lists what the environment says.",
    )
    words.add_argument("--host", default="127.0.0.1", help="default 127.0.0.1; 0.0.0.0 for all")
    words.add_argument("--port", type=int, default=8000, help="default 8000; 0 takes a free one")
    words.add_argument(
        "--workers", type=_count, default=1, metavar="N", help="web processes (default 1)"
    )
    words.add_argument(
        "--small", action="store_true", help="everything in one process, for 512 MB of memory"
    )
    words.add_argument(
        "--expect-generation",
        metavar="ID",
        help="start only where this generation answers (/-/volume of the running shop says its id)",
    )
    return words


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 32:
        raise argparse.ArgumentTypeError("must be between 1 and 32")
    return number
