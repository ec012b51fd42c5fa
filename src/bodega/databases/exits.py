"""Exit codes of processes that the ground ends, in one table (docs/running.md repeats it).

Small codes keep their usual meaning: 0 done, 1 refused or failed with a sentence, 2 wrong words.
"""

from enum import IntEnum


class Exit(IntEnum):
    """Why a process of the shop ended by itself, or did not start."""

    UNSYNCED = 81
    """The disk did not confirm a commit (`fdatasync` failed). Nothing unconfirmed was acknowledged."""
    UNTIED = 82
    """A lock was lost, or a file unlinked or replaced, under the process. Look into `salvage/`."""
    TWO_LIBRARIES = 83
    """A second SQLite library (they drop each other's locks), or one that can lose commits."""
    NOT_THIS_VOLUME = 84
    """The directory is no volume, or not the one that was expected. Is it mounted?"""
    WRONG_PLACE = 85
    """The file system is not a local one, or a database file is a mount, a link, on another device."""
    NO_LOCKS = 86
    """Locks or shared memory do not work between processes here."""
    UNSEEN_PEER = 87
    """A generation that lives on this volume is not seen as it must be: two views of the same files."""
    ABSENT_PEER = 88
    """The generation named by `--expect-generation` does not answer on this volume."""
    UNSETTLED = 89
    """What a generation put aside when its files were pulled away has not been looked into."""
