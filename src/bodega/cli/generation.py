"""`bodega generation`: one generation of the shop. `bodega up` starts it, from whatever release."""

import argparse
import socket

from bodega.lib.wire import Wire
from bodega.ops import terms


def run(arguments: list[str]) -> int:
    """Be a generation until told to end. Exit codes: 0 stopped, 1 could not start, others:
    databases/exits."""
    options = parser().parse_args(arguments)
    from bodega.ops.generation import lead

    listener = socket.socket(fileno=options.fd)
    wire = Wire.inherited(options.wire)
    return lead(listener, wire, terms.from_options(options), options.expect)


def parser() -> argparse.ArgumentParser:
    """The options; only ever add some: `bodega up` may be of another release."""
    words = argparse.ArgumentParser(
        prog="bodega generation", description="One generation of the shop. Started by bodega up."
    )
    words.add_argument("--fd", type=int, required=True, metavar="N", help="the listening socket")
    words.add_argument("--wire", type=int, required=True, metavar="N", help="to the supervisor")
    words.add_argument("--expect", metavar="ID", help="the generation that must answer")
    terms.add_options(words)
    return words
