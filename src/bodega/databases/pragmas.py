"""What each file is told on every connection, why, and the proof that it listened.

SQLite ignores a misspelt or misplaced pragma without a word, so `mismatches` reads every value back
(design 3.2, rule 5). Durability is per file: what a customer was thanked for must survive a power cut
(FULL); the cache and the live updates need not (NORMAL).
"""

from sqlite3 import Connection
from types import MappingProxyType

from bodega.databases.layout import Role

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

BY_FILE: MappingProxyType[Role, Table] = MappingProxyType(
    {
        "primary": {
            "synchronous": ("full", 2, "orders and money: survive a power cut once acknowledged"),
            "cache_size": ("-8000", -8000, "8 MB a connection: the catalogue's hot pages"),
        },
        "queue": {
            "synchronous": ("full", 2, "a job taken over from the outbox must not vanish"),
            "cache_size": ("-2000", -2000, "2 MB: the queue is short"),
        },
        "cache": {
            "synchronous": ("normal", 1, "may lose the last entries in a power cut, never corrupt"),
            "cache_size": ("-8000", -8000, "8 MB a connection"),
        },
        "cable": {
            "synchronous": ("normal", 1, "a live update is a courtesy; the page reads the row"),
            "cache_size": ("-1000", -1000, "1 MB: a few minutes of messages"),
        },
    }
)


def table(role: Role) -> Table:
    """Every pragma of a file's connections, in the order in which they are set."""
    return {**EVERYWHERE, **BY_FILE[role]}


def apply(connection: Connection, role: Role) -> None:
    """Set the file's pragmas on a new connection."""
    for pragma, (value, _, _) in table(role).items():
        connection.execute(f"PRAGMA {pragma}={value}").fetchall()


def mismatches(connection: Connection, role: Role) -> list[str]:
    """One sentence for every pragma that is not in force on this connection; empty when all are."""
    found = []
    for pragma, (_, expected, why) in table(role).items():
        row = connection.execute(f"PRAGMA {pragma}").fetchone()
        actual = row[0] if row else "not there"
        if actual != expected:
            found.append(f"{role}: {pragma} is {actual}, should be {expected} ({why})")
    return found
