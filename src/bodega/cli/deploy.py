"""`bodega deploy`: other code on the same socket; the old one serves until it is ready."""

import argparse
import json
import sys
from pathlib import Path

from bodega.databases.layout import volume_directory
from bodega.lib.wire import Word
from bodega.ops.control import NobodyAnswers, ask

CODES = {"live": 0, "failed": 1, "closed": 1, "replaced": 3}
NOBODY = 4
LOST: Word = {"end": "closed", "sentence": "the supervisor ended before it was done"}


def run(arguments: list[str]) -> int:
    """Ask for it and tell how it goes.

    Exit codes: 0 live, 1 not live and the old one serves, 2 wrong words, 3 a newer deploy took its
    place, 4 no shop is open on this volume.
    """
    options = parser().parse_args(arguments)
    try:
        last = follow(options, is_quiet=options.json)
    except NobodyAnswers as error:
        last = {"end": "nobody", "sentence": str(error)}
    if options.json:
        print(json.dumps(last))
    else:
        for line in last.get("lines", ()):
            print(f"    {line}", file=sys.stderr)
        word = last["end"]
        stream = sys.stdout if word == "live" else sys.stderr
        print(f"bodega deploy: {word}: {last['sentence'].rstrip('.')}.", file=stream)
    return CODES.get(last["end"], NOBODY)


def follow(options: argparse.Namespace, *, is_quiet: bool) -> Word:
    """Ask, show each step, return the last word. Raises NobodyAnswers."""
    release = str(Path(options.release).absolute()) if options.release else ""
    wish = {"release": release, "name": options.name, "rollback": options.rollback}
    for word in ask(volume_directory(), ask="deploy", **wish):
        if "end" in word:
            return word
        if not is_quiet:
            print(f"  {word.get('sentence', '')}", flush=True)
    return LOST


def parser() -> argparse.ArgumentParser:
    """The words of this verb."""
    words = argparse.ArgumentParser(
        prog="bodega deploy",
        description="Ask the running shop of $BODEGA_VOLUME to go on with other code. No visitor "
        "notices: the new generation is started beside the old one, checked, and only then let in.",
        epilog="Exit codes: 0 live, 1 not live (the old one keeps serving), 2 wrong words, 3 a newer "
        "deploy took its place, 4 no shop is open.",
    )
    which = words.add_mutually_exclusive_group()
    which.add_argument(
        "--release",
        default="",
        metavar="DIR",
        help="a folder with src/bodega, or a virtual environment (default: what serves, again)",
    )
    which.add_argument("--rollback", action="store_true", help="the release that served before")
    words.add_argument("--name", default="", help="what to call it (default: the folder's name)")
    words.add_argument("--json", action="store_true", help="one JSON object at the end")
    return words
