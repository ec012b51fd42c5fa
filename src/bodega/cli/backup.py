"""`bodega backup`: a verified copy of the volume beside the living shop; `--rehearse` restores one.

Where backups are is the first word, or what the environment says; a backup's name is told from a place
by how it looks, so `bodega restore` takes the two in the same way.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import bodega.databases  # noqa: F401 - first: one SQLite library
from bodega.databases.layout import volume_directory
from bodega.databases.volume import VolumeError, read_identity
from bodega.lib.clock import utc_now
from bodega.ops.backup import configuration, history
from bodega.ops.backup.history import Outcome
from bodega.ops.backup.making import BackupFailed, Busy, Source, make
from bodega.ops.backup.manifest import Manifest
from bodega.ops.backup.rehearsing import BackupDamaged, Rehearsed, rehearse
from bodega.ops.backup.shelf import Shelf, is_name
from bodega.ops.backup.stores import Store, StoreError

POLITENESS = 10  # nice(2): the shop goes first
REFUSALS = (BackupFailed, BackupDamaged, StoreError, VolumeError, OSError)

Told = dict[str, Any]


def run(arguments: list[str]) -> int:
    """Exit codes: 0 done, 1 failed (with a sentence), 2 wrong words."""
    words = parser()
    options = words.parse_args(arguments)
    options.place, options.name = place_and_name(words, options.words)
    if options.name and not options.rehearse:
        words.error(f"the name of a backup goes with --rehearse: {options.name}")
    volume = volume_directory()
    try:
        if options.rehearse or options.list:
            store = existing_store(options.place)
        else:
            store = configuration.store_at(options.place)
        shelf = Shelf(store, read_identity(volume).id)
        if options.list:
            return show_list(shelf, as_json=options.json)
    except REFUSALS as error:
        return refuse(str(error), as_json=options.json)
    os.nice(POLITENESS)
    work = rehearsal if options.rehearse else backup
    return remembered(volume, shelf, options, work)


def backup(volume: Path, shelf: Shelf, options: argparse.Namespace) -> tuple[str, str, Told]:
    """Make one; its name, a sentence, and the numbers."""
    source = Source(volume, configuration.journal_directory(volume), options.with_secrets)
    with progress(options.json) as tell:
        made = make(source, shelf, configuration.keep(), tell=tell)
    sentence = (
        f"Backup {made.name} in {shelf.store.where}: {len(made.entries)} files, {_mb(made.size)}, "
        f"{_mb(made.stored_bytes)} stored; verified: pages, references, rows, sums."
    )
    return (
        made.name,
        " ".join([sentence, *(f"But {each}." for each in made.complaints)]),
        numbers(made),
    )


def rehearsal(volume: Path, shelf: Shelf, options: argparse.Namespace) -> tuple[str, str, Told]:
    """Restore one into scratch; its name, a sentence, and the numbers."""
    with progress(options.json) as tell:
        done = rehearse(volume, shelf, options.name, tell=tell)
    sentence = (
        f"Backup {done.manifest.name} can be restored: {done.files} files as they were, "
        f"{done.rows:,} rows and {done.sums} sums of money as in the manifest."
    )
    return done.manifest.name, sentence, numbers(done.manifest) | compared(done)


Work = Callable[[Path, Shelf, argparse.Namespace], tuple[str, str, Told]]


def remembered(volume: Path, shelf: Shelf, options: argparse.Namespace, work: Work) -> int:
    """Do the work, tell how it went, and leave word of it in the volume for doctor."""
    kind: history.Kind = "rehearsal" if options.rehearse else "backup"
    began, name, is_good = time.monotonic(), "", False
    told: Told = {}
    try:
        name, sentence, told = work(volume, shelf, options)
        is_good = True
    except Busy as error:
        return refuse(str(error), as_json=options.json)
    except REFUSALS as error:
        sentence = str(error)
    seconds = round(time.monotonic() - began, 2)
    outcome = Outcome(utc_now().isoformat(), is_good, name, shelf.store.where, sentence, seconds)
    try:
        history.note(volume, kind, outcome)
    except OSError as error:
        print(
            f"bodega backup: this cannot be noted in {volume}: {error.strerror}.", file=sys.stderr
        )
    if not is_good:
        return refuse(sentence, as_json=options.json)
    print(json.dumps(asdict(outcome) | told) if options.json else f"{sentence} ({seconds:.1f} s)")
    return 0


def place_and_name(parser: argparse.ArgumentParser, words: list[str]) -> tuple[str, str]:
    """What was told, in either order: where backups are, and the name of one; "" for what was not.

    Ends the process with exit code 2 when one of them was told twice.
    """
    names = [word for word in words if is_name(word)]
    places = [word for word in words if not is_name(word)]
    for what, told in (("name", names), ("place", places)):
        if len(told) > 1:
            parser.error(f"there can be one {what}: {' or '.join(told)}?")
    return "".join(places), "".join(names)


def existing_store(place: str) -> Store:
    """The store at a place where backups must be already. Raises StoreError."""
    if place and "://" not in place and not Path(place).is_dir():
        raise StoreError(
            f"There is no folder {Path(place).absolute()}, and no backup is called so: their names look "
            "like 20261125T030000Z. What there is: bodega backup --list"
        )
    return configuration.store_at(place)


def show_list(shelf: Shelf, *, as_json: bool) -> int:
    """What there is, oldest first."""
    names = shelf.names()
    if as_json:
        print(json.dumps({"where": shelf.store.where, "volume": shelf.volume, "backups": names}))
    elif names:
        print("\n".join(names))
    else:
        print(f"{shelf.store.where} has no backup of this volume yet. Make one: bodega backup")
    return 0


def refuse(sentence: str, *, as_json: bool) -> int:
    """Say why not; exit code 1."""
    if as_json:
        print(json.dumps({"is_good": False, "sentence": sentence}))
    else:
        print(f"bodega backup: {sentence}", file=sys.stderr)
    return 1


def numbers(made: Manifest) -> Told:
    """What a program wants to know of a backup."""
    return {
        "instant": made.instant,
        "files": len(made.entries),
        "bytes": made.size,
        "stored_bytes": made.stored_bytes,
        "complaints": list(made.complaints),
    }


def compared(done: Rehearsed) -> Told:
    """What a rehearsal adds to it."""
    return {"rows": done.rows, "sums": done.sums}


class progress:  # noqa: N801 - used like a function
    """What is being done right now, on a terminal only."""

    def __init__(self, silent: bool) -> None:
        self._is_shown = sys.stderr.isatty() and not silent

    def __enter__(self) -> Callable[[str], None]:
        if not self._is_shown:
            return lambda _: None
        from rich.console import Console

        self._status = Console(stderr=True).status("starting")
        self._status.start()
        return self._status.update

    def __exit__(self, *_: object) -> None:
        if self._is_shown:
            self._status.stop()


def parser() -> argparse.ArgumentParser:
    """The words of this verb."""
    words = argparse.ArgumentParser(
        prog="bodega backup",
        usage="bodega backup [PLACE] [--with-secrets] [--json]\n"
        "       bodega backup --rehearse [PLACE] [NAME] [--json]\n"
        "       bodega backup --list [PLACE] [--json]",
        description="Copy the volume of $BODEGA_VOLUME, beside a living shop, and verify the copy.",
        epilog="docs/backups.md is the walkthrough.",
    )
    what = words.add_mutually_exclusive_group()
    what.add_argument(
        "--rehearse",
        action="store_true",
        help="restore a backup into scratch and compare: NAME, or the newest",
    )
    what.add_argument("--list", action="store_true", help="show which backups there are")
    add_place(words)
    words.add_argument("--with-secrets", action="store_true", help="the volume's secret.key too")
    words.add_argument("--json", action="store_true", help="one JSON object")
    return words


def add_place(words: argparse.ArgumentParser) -> None:
    """The words that `place_and_name` reads."""
    words.add_argument(
        "words",
        nargs="*",
        metavar="PLACE, NAME",
        help="PLACE: a folder on another disk, or s3://bucket/prefix (default: $BODEGA_BACKUP_URL or "
        "$BODEGA_BACKUP_DIR). NAME: of one backup, as --list shows it",
    )


def _mb(size: int) -> str:
    return f"{size / 1e6:,.1f} MB"
