"""`bodega demo`: fill an empty shop with Bodega Prints."""

import argparse
import os
import sys
import time

import bodega.databases  # noqa: F401 - before Django: one SQLite library

MOST_ORDERS, MOST_PRODUCTS = 20_000, 1_000_000


def run(arguments: list[str]) -> int:
    """Load the demo data; 0 also when they are there already, 1 when the shop is somebody's."""
    options = parser().parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bodega.settings")
    import django

    django.setup()
    from django.db import OperationalError

    from bodega.lib.clock import utc_now
    from bodega.ops.demo.loading import NotEmpty, load

    began = time.monotonic()
    try:
        loaded = load(
            orders=options.orders, products=options.products, seed=options.seed, now=utc_now()
        )
    except NotEmpty as refusal:
        print(f"bodega demo: {refusal}", file=sys.stderr)
        return 1
    except OperationalError as error:
        print(f"bodega demo: {error}. Is the volume ready? First: bodega init", file=sys.stderr)
        return 1
    print(report(loaded.products, loaded.orders, loaded.was_there, time.monotonic() - began))
    return 0


def report(products: int, orders: int, was_there: bool, seconds: float) -> str:
    """What is in the shop now, and how to get in."""
    from bodega.ops.showcase import STAFF

    if was_there:
        return f"This is the demo shop already: {products:,} products, {orders:,} orders. Left as it is."
    return (
        f"Bodega Prints: {products:,} products and {orders:,} orders in {seconds:.1f} s.\n"
        f"Staff login: {STAFF[0]} / {STAFF[1]}\n"
        "Codes to try: WELCOME10, FREESHIP (from €40), FRAME15 (from €90)"
    )


class Number:
    """Reads an option's number, and says its limit when it is refused."""

    def __init__(self, most: int) -> None:
        self.most = most

    def __call__(self, text: str) -> int:
        if not text.isdecimal() or int(text) > self.most:
            raise argparse.ArgumentTypeError(f"'{text}' is not a number from 0 to {self.most:,}")
        return int(text)


def parser() -> argparse.ArgumentParser:
    """The words of this verb."""
    words = argparse.ArgumentParser(prog="bodega demo", description=__doc__)
    words.add_argument(
        "--orders", type=Number(MOST_ORDERS), default=640, help="past orders (default 640)"
    )
    words.add_argument(
        "--products",
        type=Number(MOST_PRODUCTS),
        default=0,
        help="so many products in all, for measuring (default: the 36 prints)",
    )
    words.add_argument(
        "--seed", type=Number(2**31), default=1, help="another number, another past (default 1)"
    )
    return words
