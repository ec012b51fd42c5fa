"""What the last generation left behind: may another one simply go on from there?

A process whose files were deleted or replaced puts aside what only it still has (`rescuing`) and ends.
Whoever starts then finds a database without those commits, and would give their numbers to other orders.
So nobody starts until somebody has looked: `bodega salvage`.
"""

import json
from datetime import datetime
from pathlib import Path

from bodega.databases.register import Register, identities
from bodega.databases.rescuing import FOLDER
from bodega.lib.files import write_atomically

SETTLED = "settled"  # a file of this name in its folder: somebody has looked, and decided


def unsettled(register: Register) -> str:
    """Why nobody may start here, in a sentence; "" when all is well.

    A log that was put aside although its file is still there (only the locks were lost) needs nobody.
    """
    changed = _changed(register)
    folders = waiting(register.directory)
    if not changed or not folders:
        return ""
    return (
        f"{changed} is not the file on which the last generation worked, and what only that one had is "
        f"in {folders[0]}. Look with 'bodega salvage'; 'bodega salvage --apply' puts it back. Then start"
    )


def waiting(directory: Path) -> list[Path]:
    """The folders of put-aside logs that nobody has settled yet, the oldest first."""
    return sorted(
        folder
        for folder in (directory / FOLDER).glob("*")
        if folder.is_dir() and not (folder / SETTLED).exists()
    )


def settle(folder: Path, decision: str, now: datetime) -> None:
    """Note that somebody has looked into a put-aside log, and what was decided. Raises OSError."""
    note = {"at": now.isoformat(timespec="seconds"), "decision": decision}
    write_atomically(folder / SETTLED, json.dumps(note, indent=2).encode())


def _changed(register: Register) -> str:
    mine = identities(register.directory)
    for row in register.rows():
        theirs: dict[str, list[int]] = json.loads(row.files)
        names = [name for name in theirs if not name.endswith("-shm")]  # made anew without harm
        if names:
            return next((name for name in names if mine.get(name) != theirs[name]), "")
    return ""
