"""What each file is told on every connection, why, and the proof that it listened.

SQLite ignores a misspelt or misplaced pragma without a word, so `mismatches` reads every value back
(design 3.2, rule 5). Durability is per file: what a customer was thanked for must survive a power cut
("group", or "full"); the cache and the live updates need not ("normal").
"""

from sqlite3 import Connection
from types import MappingProxyType
from typing import Literal

from bodega.databases.layout import Role

# full: COMMIT waits for the disk, holding the write lock. group: COMMIT does not wait, `durable()` does,
# one sync for all who wait (`syncing` says why that is as good). normal: nobody waits.
Durability = Literal["full", "group", "normal"]
DURABILITY: MappingProxyType[Role, Durability] = MappingProxyType(
    {"primary": "group", "queue": "group", "cache": "normal", "cable": "normal"}
)
SYNCHRONOUS: MappingProxyType[Durability, tuple[str, int, str]] = MappingProxyType(
    {
        "full": ("full", 2, "COMMIT returns when the disk has it"),
        "group": ("normal", 1, "COMMIT returns at once; durable() waits for the disk"),
        "normal": ("normal", 1, "may lose the last entries in a power cut, never corrupt"),
    }
)

# pragma → (value to set, value read back, why)
Table = dict[str, tuple[str, str | int, str]]

EVERYWHERE: Table = {
    "busy_timeout": ("5000", 5000, "wait five seconds for another writer before giving up"),
    "journal_mode": ("wal", "wal", "readers never wait for the writer"),
    "foreign_keys": ("on", 1, "a row never points at nothing"),
    "mmap_size": ("0", 0, "an I/O error is an error code, not a SIGBUS"),
    "trusted_schema": ("off", 0, "a schema cannot call functions with side effects"),
    "temp_store": ("memory", 2, "sorting needs no scratch files on the volume"),
    "journal_size_limit": ("67108864", 67108864, "a WAL that once grew is cut back to 64 MiB"),
}

# Pages of 4 KiB. The keeper checkpoints at a quarter of it, outside everybody's way (`keeper`).
WRITERS_CHECKPOINT = ("4000", 4000, "writers checkpoint themselves only when no keeper does")

BY_FILE: MappingProxyType[Role, Table] = MappingProxyType(
    {
        "primary": {
            "cache_size": ("-8000", -8000, "8 MB a connection: the catalogue's hot pages"),
            "wal_autocheckpoint": WRITERS_CHECKPOINT,
        },
        "queue": {
            "cache_size": ("-2000", -2000, "2 MB: the queue is short"),
            "wal_autocheckpoint": WRITERS_CHECKPOINT,
        },
        "cache": {
            "cache_size": ("-8000", -8000, "8 MB a connection"),
        },
        "cable": {
            "cache_size": ("-1000", -1000, "1 MB: a few minutes of messages"),
        },
    }
)


def table(role: Role, durability: Durability | None = None) -> Table:
    """Every pragma of a file's connections, in the order in which they are set.

    `durability`: another one than the file's own.
    """
    synchronous = SYNCHRONOUS[durability or DURABILITY[role]]
    return {**EVERYWHERE, "synchronous": synchronous, **BY_FILE[role]}


def apply(connection: Connection, role: Role, durability: Durability | None = None) -> None:
    """Set the file's pragmas on a new connection."""
    for pragma, (value, _, _) in table(role, durability).items():
        connection.execute(f"PRAGMA {pragma}={value}").fetchall()


def mismatches(
    connection: Connection, role: Role, durability: Durability | None = None
) -> list[str]:
    """One sentence for every pragma that is not in force on this connection; empty when all are."""
    found = []
    for pragma, (_, expected, why) in table(role, durability).items():
        row = connection.execute(f"PRAGMA {pragma}").fetchone()
        actual = row[0] if row else "not there"
        if pragma == "busy_timeout":
            # SQLite counts its own busy handler only; ours waits as long.
            actual = int(getattr(connection, "patience", 0) * 1000) or actual
        if actual != expected:
            found.append(f"{role}: {pragma} is {actual}, should be {expected} ({why})")
    return found
