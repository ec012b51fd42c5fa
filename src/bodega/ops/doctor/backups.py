"""Backups: is there a recent one, and was one restored lately to see?"""

from collections.abc import Iterator
from datetime import timedelta

from bodega.ops.backup.configuration import destination
from bodega.ops.backup.history import History, history
from bodega.ops.doctor.case import Case
from bodega.ops.doctor.findings import Finding, bad, ok, warn

REHEARSAL_OLD = timedelta(days=14)
LATE = 1.5  # times the interval
NONE = "Set BODEGA_BACKUP_DIR or BODEGA_BACKUP_URL (docs/backups.md), then: bodega backup"


def examine(case: Case) -> Iterator[Finding]:
    """The last tries, as the backups themselves noted them in the volume."""
    made, rehearsed = history(case.volume, "backup"), history(case.volume, "rehearsal")
    if not destination() and made.last is None:
        yield _nothing_wanted(case)
        return
    yield _age(case, made)
    yield _rehearsal(case, rehearsed)


def _nothing_wanted(case: Case) -> Finding:
    if case.is_production:
        return bad(
            "backups.age", "There are no backups: a broken disk would be the end of the shop.", NONE
        )
    return ok("backups.age", "There are no backups; outside production that is as it should be.")


def _age(case: Case, made: History) -> Finding:
    if made.last is not None and not made.last.is_good:
        told = f"The last backup failed, {case.ago(made.last.moment)} ago: {made.last.sentence}"
        return bad("backups.age", told, "Repair that, then: bodega backup")
    if made.last_good is None:
        return bad(
            "backups.age", "A place for backups is named, but none was ever made.", "bodega backup"
        )
    hours = int(case.environment.get("BODEGA_BACKUP_HOURS", "24"))
    ago = case.ago(made.last_good.moment)
    sentence = f"The last backup was made {ago} ago, in {made.last_good.where}."
    if case.now - made.last_good.moment > timedelta(hours=hours) * LATE:
        return bad(
            "backups.age",
            f"{sentence} It is wanted every {hours} h.",
            "Is a worker running? Now: bodega backup",
        )
    return ok("backups.age", sentence)


def _rehearsal(case: Case, rehearsed: History) -> Finding:
    id_, command = "backups.rehearsal", "bodega backup --rehearse"
    if rehearsed.last is not None and not rehearsed.last.is_good:
        ago = case.ago(rehearsed.last.moment)
        told = f"The last rehearsal failed, {ago} ago: {rehearsed.last.sentence}"
        return bad(
            id_,
            told,
            "Make a new backup and rehearse it: bodega backup && bodega backup --rehearse",
        )
    if rehearsed.last_good is None:
        return warn(id_, "No backup was ever restored to see whether it can be.", command)
    sentence = (
        f"A backup was restored on trial {case.ago(rehearsed.last_good.moment)} ago; it was whole."
    )
    if case.now - rehearsed.last_good.moment > REHEARSAL_OLD:
        return warn(id_, sentence, command)
    return ok(id_, sentence)
