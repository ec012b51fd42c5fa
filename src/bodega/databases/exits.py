"""Exit codes of processes that the ground ends, in one table (docs/durability.md repeats it).

Small codes keep their usual meaning: 0 done, 1 refused or failed with a sentence, 2 wrong words.
"""

from enum import IntEnum


class Exit(IntEnum):
    """Why a process of the shop ended by itself; a supervisor starts it again in every case."""

    UNSYNCED = 81
    """The disk did not confirm a commit (`fdatasync` failed). Nothing unconfirmed was acknowledged."""
    UNTIED = 82
    """A lock was lost, or a file unlinked or replaced, under the process. Look into `salvage/`."""
    TWO_LIBRARIES = 83
    """A second SQLite library is loaded: the two drop each other's locks."""
