"""Every theme, one after the other. One that cannot be examined is a finding, and the next goes on."""

import sqlite3
from collections.abc import Iterable, Iterator
from importlib import import_module

from bodega.databases.looking import CannotLook
from bodega.ops.doctor.case import Case
from bodega.ops.doctor.findings import Finding, bad

# In the order in which a person would look; `bodega.ops.doctor.<theme>` has `examine(case)`.
THEMES = {
    "library": "the SQLite library",
    "volume": "identity, files, room, permissions",
    "generations": "would a shop be allowed to start here, who lives already?",
    "databases": "the four files and their pragmas",
    "wal": "the logs, and who keeps them long",
    "processes": "who has the files open",
    "writers": "who writes, and for how long",
    "queue": "jobs and outbox",
    "triggers": "what pages and search rely on",
    "journal": "the order journal",
    "reconciliation": "do Stripe and the shop agree",
    "audit": "what the nightly audit found",
    "backups": "backups and rehearsals",
    "clock": "the time",
    "settings": "keys, secrets, hosts, Django's checks",
}


def examine(case: Case, themes: Iterable[str] = THEMES) -> Iterator[Finding]:
    """What each theme says."""
    for theme in themes:
        try:
            yield from import_module(f"bodega.ops.doctor.{theme}").examine(case)
        except (OSError, sqlite3.Error, CannotLook) as error:
            told = f"This could not be examined: {error}"
            yield bad(
                f"{theme}.examination", told, "Repair what else is wrong first, then ask again."
            )
