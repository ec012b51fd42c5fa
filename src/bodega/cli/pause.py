"""`bodega pause`: a quiet moment. New requests wait, what runs is finished, jobs rest."""

import argparse
import json
import sys
import time

from bodega.cli.status import asked
from bodega.databases import pause
from bodega.databases.layout import volume_directory
from bodega.databases.volume import VolumeError, read_identity

QUIET_SECONDS = 30.0
LOOK_SECONDS = 0.1


def run(arguments: list[str]) -> int:
    """Pause, and return when it is quiet.

    Exit codes: 0 quiet (or nobody serves), 1 not quiet yet or no volume, 2 wrong words.
    """
    options = parser().parse_args(arguments)
    volume = volume_directory()
    try:
        read_identity(volume)
    except VolumeError as error:
        print(f"bodega pause: {error}", file=sys.stderr)
        return 1
    begun = pause.begin(volume, options.seconds, options.why)
    noise = until_quiet(time.monotonic() + QUIET_SECONDS)
    if options.json:
        print(json.dumps({**begun._asdict(), "quiet": not noise, "noise": noise}))
    elif noise:
        print(f"bodega pause: paused, but not quiet yet: {noise}.", file=sys.stderr)
    else:
        print(f"Paused for at most {options.seconds:g} s, and quiet. Go on: bodega resume")
    return 1 if noise else 0


def until_quiet(end: float) -> str:
    """Wait until nothing is under way, at most until `end` (monotonic seconds); what still is."""
    while noise := noises():
        if time.monotonic() > end:
            return noise
        time.sleep(LOOK_SECONDS)
    return ""


def noises() -> str:
    """What is under way, for people. "" when it is quiet, or no supervisor answers."""
    found = []
    for each in (asked() or {}).get("generations", []):
        name = each.get("id", "")[:8] or each.get("release", "")
        if each.get("busy"):
            found.append(f"{each['busy']} requests in {name}")
        if each.get("works"):
            found.append(f"the worker of {name}")
    return ", ".join(found)


def parser() -> argparse.ArgumentParser:
    """The words of this verb."""
    words = argparse.ArgumentParser(
        prog="bodega pause",
        description="Hold new requests without refusing them, let what runs finish, let jobs rest. "
        "Ends by itself, or with bodega resume. A request that waits too long (BODEGA_HOLD_SECONDS) "
        "is answered 503 with Retry-After.",
    )
    words.add_argument(
        "--seconds", type=_seconds, default=300.0, help="at most so long (default 300)"
    )
    words.add_argument("--why", default="", help="for people")
    words.add_argument("--json", action="store_true", help="one JSON object")
    return words


def _seconds(text: str) -> float:
    number = float(text)
    if not 1 <= number <= 3600:
        raise argparse.ArgumentTypeError("must be between 1 and 3600")
    return number
