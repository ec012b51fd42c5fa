"""`bodega web`: one web process. `bodega up` starts it, and everything else a shop needs."""

import argparse
import sys

import bodega.databases  # noqa: F401 - before Django: one SQLite library
from bodega.databases.layout import volume_directory
from bodega.databases.library import refuse_second
from bodega.databases.probe import Refused
from bodega.databases.trust import trust
from bodega.databases.volume import VolumeError
from bodega.lib.wire import Wire
from bodega.ops.admission import admit
from bodega.ops.listening import CannotListen, listen


def run(arguments: list[str]) -> int:
    """Serve until SIGTERM. Exit codes: 0 stopped, 1 refused to start, others: databases/exits."""
    options = parser().parse_args(arguments)
    try:
        admit("web", volume_directory())
        descriptor = options.fd
        if descriptor is None:
            descriptor = listen(options.host, options.port).detach()
    except Refused as refusal:
        print(f"bodega web: {refusal}", file=sys.stderr)
        return int(refusal.code)
    except (VolumeError, CannotListen) as error:
        print(f"bodega web: {error}", file=sys.stderr)
        return 1
    from bodega.web.server import serve

    wire = None if options.wire is None else Wire.inherited(options.wire)
    try:
        return trust.exit_code(serve(descriptor, wire=wire, is_again=options.again))
    except SystemExit:  # gunicorn could not start, and has said why
        refuse_second()
        return trust.exit_code(1)


def parser() -> argparse.ArgumentParser:
    """The options of `bodega web`."""
    words = argparse.ArgumentParser(prog="bodega web", description="Run one web process.")
    words.add_argument("--host", default="127.0.0.1", help="default 127.0.0.1")
    words.add_argument("--port", type=int, default=8000, help="default 8000")
    words.add_argument(
        "--fd", type=int, metavar="N", help="an inherited listening socket, instead of both"
    )
    words.add_argument("--wire", type=int, metavar="N", help=argparse.SUPPRESS)
    words.add_argument("--again", action="store_true", help=argparse.SUPPRESS)
    return words
