"""`bodega migrations`: what is not applied yet, and may it run beside the older release?"""

import argparse
import json
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import bodega.databases  # noqa: F401 - before Django: one SQLite library
from bodega.databases.layout import FILES, volume_directory
from bodega.databases.volume import VolumeError, read_identity

if TYPE_CHECKING:
    from bodega.databases.migrating.classifying import Judgement

ALIASES = [file.alias for file in FILES.values() if file.alias]
ADVICE = {
    "quiet": "Quiet ones want the shop to themselves for that long.",
    "refused": "Refused ones wait until no older generation serves.",
}


def run(arguments: list[str]) -> int:
    """Tell. Exit codes: 0 all may run now, 1 not all of them or nobody can tell, 2 wrong words."""
    options = parser().parse_args(arguments)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bodega.settings")
    try:
        read_identity(volume_directory())
    except VolumeError as error:
        print(f"bodega migrations: {error}", file=sys.stderr)
        return 1
    import django

    django.setup()
    from django.db import DatabaseError

    from bodega.databases.migrating.classifying import Class, classify

    try:
        found = [
            judgement for alias in options.database or ALIASES for judgement in classify(alias)
        ]
    except DatabaseError as error:
        print(f"bodega migrations: {error}. Ask: bodega doctor", file=sys.stderr)
        return 1
    print(as_json(found) if options.json else as_text(found))
    return 0 if all(each.verdict.grade is Class.SAFE for each in found) else 1


def as_json(found: Sequence["Judgement"]) -> str:
    """For programs: `seconds` are how long writers wait."""
    return json.dumps(
        [
            {
                "migration": each.migration,
                "database": each.database,
                "class": each.verdict.word,
                "reason": each.verdict.reason,
                "seconds": round(each.verdict.seconds, 3),
                "rebuilt": each.verdict.rebuilt,
                "lost_triggers": each.verdict.lost,
                "operations": [
                    {"what": one.what, "class": one.word, "reason": one.reason}
                    for one in each.operations
                ],
            }
            for each in found
        ],
        indent=2,
    )


def as_text(found: Sequence["Judgement"]) -> str:
    """For people: a migration a line, and what is in the way of those that are not safe."""
    if not found:
        return "All migrations are applied."
    lines = []
    for each in found:
        lines.append(f"{each.verdict.word:<8} {each.verdict.seconds:6.1f} s  {each.migration}")
        if each.verdict.grade:
            worst = [one for one in each.operations if one.grade == each.verdict.grade]
            lines += [f"{'':20}{one.what}: {one.reason}." for one in worst]
    words = {each.verdict.word for each in found}
    return "\n".join([*lines, *(text for word, text in ADVICE.items() if word in words)])


def parser() -> argparse.ArgumentParser:
    """The words of this verb."""
    words = argparse.ArgumentParser(
        prog="bodega migrations",
        description="Which migrations are not applied yet, and how would they run? Changes nothing.",
        epilog="Exit codes: 0 all may run beside the older release, 1 not all of them.",
    )
    words.add_argument(
        "--database",
        action="append",
        choices=ALIASES,
        help="only this one (default: both)",
    )
    words.add_argument("--json", action="store_true", help="answer for programs")

    return words
