"""`bodega deploy`: other code on the same socket, beside who serves; the old one goes when it is ready."""

import argparse
import json
import sys
from pathlib import Path

from bodega.databases.layout import volume_directory
from bodega.databases.story import read
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
        folder = former_release() if options.rollback else options.release
        last = follow(folder, options.name, is_quiet=options.json)
    except NobodyAnswers as error:
        last = {"end": "nobody", "sentence": str(error)}
    if options.json:
        print(json.dumps(last))
    else:
        for line in last.get("lines", ()):
            print(f"    {line}", file=sys.stderr)
        word = last["end"]
        stream = sys.stdout if word == "live" else sys.stderr
        print(f"bodega deploy: {word}: {last['sentence']}.", file=stream)
    return CODES.get(last["end"], NOBODY)


def follow(folder: str, name: str, *, is_quiet: bool) -> Word:
    """Ask, show each step, return the last word. Raises NobodyAnswers."""
    release = str(Path(folder).absolute()) if folder else ""
    for word in ask(volume_directory(), ask="deploy", release=release, name=name):
        if "end" in word:
            return word
        if not is_quiet:
            print(f"  {word.get('sentence', '')}", flush=True)
    return LOST


def former_release() -> str:
    """The folder of the release that served before the one that serves now. Raises NobodyAnswers."""
    served = [chapter for chapter in read(volume_directory()) if chapter.live]
    now = served[0].code if served else ""
    former = next((chapter.code for chapter in served if chapter.code != now), None)
    if former is None:
        raise NobodyAnswers("no other release has served on this volume; see: bodega status")
    return former


def parser() -> argparse.ArgumentParser:
    """The words of this verb."""
    words = argparse.ArgumentParser(
        prog="bodega deploy",
        description="Ask the running shop of $BODEGA_VOLUME to go on with other code. No visitor notices: "
        "the new generation is started beside the old one, checked, and only then let in.",
        epilog="Exit codes: 0 live, 1 not live (the old one keeps serving), 2 wrong words, 3 a newer deploy "
        "took its place, 4 no shop is open.",
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
