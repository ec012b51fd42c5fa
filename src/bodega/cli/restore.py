"""`bodega restore`: make the volume what a backup says. The former volume is kept beside it."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

import bodega.databases  # noqa: F401 - first: one SQLite library
from bodega.cli import VERBS
from bodega.cli.backup import add_place, existing_store, place_and_name, progress
from bodega.databases.layout import volume_directory
from bodega.databases.volume import VolumeError, read_identity
from bodega.lib.clock import utc_now
from bodega.ops.backup.rehearsing import BackupDamaged
from bodega.ops.backup.restoring import CannotRestore, Restored, restore
from bodega.ops.backup.shelf import Shelf, volumes
from bodega.ops.backup.stores import Store, StoreError

REFUSALS = (CannotRestore, BackupDamaged, StoreError, OSError)


def run(arguments: list[str]) -> int:
    """Exit codes: 0 restored, 1 refused (with a sentence; nothing was changed), 2 wrong words."""
    words = parser()
    options = words.parse_args(arguments)
    place, name = place_and_name(words, options.words)
    volume = Path(options.volume).absolute() if options.volume else volume_directory()
    try:
        store = existing_store(place)
        shelf = Shelf(store, options.volume_id or volume_id(volume, store))
        with progress(options.json) as tell:
            done = restore(volume, shelf, name or shelf.newest(), now=utc_now(), tell=tell)
    except REFUSALS as error:
        told = {"is_good": False, "sentence": str(error)}
        print(json.dumps(told)) if options.json else print(
            f"bodega restore: {error}", file=sys.stderr
        )
        return 1
    print(
        json.dumps(numbers(done)) if options.json else "\n".join([report(done), *next_steps(done)])
    )
    return 0


def volume_id(volume: Path, store: Store) -> str:
    """Whose backups are meant: the volume's that is there, or the only one in the store."""
    try:
        return read_identity(volume).id
    except VolumeError:
        found = volumes(store)
    if len(found) == 1:
        return found[0]
    if not found:
        raise StoreError(f"{store.where} has no backup of any volume.")
    raise StoreError(
        f"{store.where} has backups of several volumes: {', '.join(found)}. Say which: --volume-id ID"
    )


def numbers(done: Restored) -> dict[str, object]:
    """What a program wants to know."""
    made = done.manifest
    return {
        "is_good": True,
        "name": made.name,
        "instant": made.instant,
        "volume": str(done.volume),
        "kept": str(done.kept) if done.kept else None,
        "has_new_secret": done.has_new_secret,
        "sums": {
            entry.path: asdict(entry.facts)["sums"] for entry in made.databases() if entry.facts
        },
    }


def report(done: Restored) -> str:
    """What was done."""
    moment = done.manifest.moment.strftime("%Y-%m-%d %H:%M:%S UTC")
    lines = [f"{done.volume} is the shop as it was at {moment} (backup {done.manifest.name})."]
    if done.kept:
        lines.append(f"What was there before is kept in {done.kept}.")
    if done.has_new_secret:
        lines.append("It has a new secret.key: everybody has to log in again.")
    return "\n".join(lines)


def next_steps(done: Restored) -> list[str]:
    """What to do now; orders since the backup are in Stripe and in the journal, not in the shop."""
    steps = [f"BODEGA_VOLUME={done.volume} bodega doctor", f"BODEGA_VOLUME={done.volume} bodega up"]
    if "reconcile" in VERBS:
        steps.append("bodega reconcile    (rebuilds what was paid since then from Stripe)")
    else:
        steps.append(f"compare the orders since then: {done.volume}/journal, and Stripe's payments")
    return ["Next:", *(f"  {number}. {step}" for number, step in enumerate(steps, 1))]


def parser() -> argparse.ArgumentParser:
    """The words of this verb."""
    words = argparse.ArgumentParser(
        prog="bodega restore",
        usage="bodega restore [PLACE] [NAME] [--volume DIR] [--volume-id ID] [--json]",
        description="Make the volume of $BODEGA_VOLUME what a backup says (NAME, or the newest); "
        "the shop must be stopped.",
        epilog="docs/backups.md is the walkthrough.",
    )
    add_place(words)
    words.add_argument("--volume", default="", metavar="DIR", help="default $BODEGA_VOLUME")
    words.add_argument("--volume-id", default="", metavar="ID", help="when the store has several")
    words.add_argument("--json", action="store_true", help="one JSON object")
    return words
