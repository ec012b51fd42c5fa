"""Which backups are kept: the newest of each of the last days, the newest of each of the last weeks."""

from collections.abc import Iterable
from dataclasses import dataclass

from bodega.ops.backup.manifest import moment_of


@dataclass(frozen=True)
class Keep:
    """How many days and weeks that have a backup are kept."""

    days: int = 7
    weeks: int = 4


def expired(names: Iterable[str], keep: Keep) -> list[str]:
    """The backups that may go, oldest first. Only whole ones count, and the newest always stays.

    Days and weeks without a backup are not counted: after a month without one the last is still there.
    """
    newest_first = sorted(names, reverse=True)
    days: dict[str, str] = {}
    weeks: dict[tuple[int, int], str] = {}
    for name in newest_first:
        moment = moment_of(name)
        days.setdefault(moment.date().isoformat(), name)
        weeks.setdefault(moment.isocalendar()[:2], name)
    kept = {
        *newest_first[:1],
        *list(days.values())[: keep.days],
        *list(weeks.values())[: keep.weeks],
    }
    return sorted(name for name in newest_first if name not in kept)
