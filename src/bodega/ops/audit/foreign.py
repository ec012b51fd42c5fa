"""The gap auditor on another program's database: what its numbers prove, and what they cannot.

There is no journal and no tombstone there, so hardly ever is a missing id explained. What can be said is
what SQLite guarantees (https://sqlite.org/autoinc.html), what the schema rules out, and who else in the
file mentions the id. "Lost" is never said: that is known only by comparing with somebody who was told,
a payment provider above all.
"""

import os
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from bodega.databases import soundness
from bodega.databases.foreign import Foreign
from bodega.databases.tables import Table, analyzed, describe, quoted, referring, sequence
from bodega.ops.doctor.findings import Level

DATES = (
    "created_at",
    "placed_at",
    "ordered_at",
    "inserted_at",
    "created_on",
    "created",
    "timestamp",
)
MOST_GAPS = 200


@dataclass(frozen=True)
class Missing:
    """Ids from `first` to `last` without a row. `before`, `after`: when the rows around them were made,
    as the file says it. `mentions`: rows elsewhere in the file that refer to them."""

    first: int
    last: int
    before: str = ""
    after: str = ""
    mentions: tuple[str, ...] = ()

    @property
    def ids(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"

    @property
    def count(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True)
class Expertise:
    """What was found, and what follows from it, in sentences."""

    path: Path
    how: str
    table: Table
    rows: int
    highest: int
    sequence: int | None
    complaints: list[str]
    gaps: list[Missing]
    missing: int
    facts: list[str] = field(default_factory=list)
    proved: list[str] = field(default_factory=list)
    possible: list[str] = field(default_factory=list)
    next_steps: list[str] = field(default_factory=list)

    @property
    def has_evidence(self) -> bool:
        """Whether the file itself shows that rows were there, or that it is damaged."""
        return bool(self.complaints) or any(gap.mentions for gap in self.gaps)

    @property
    def level(self) -> Level:
        if self.has_evidence:
            return Level.BAD
        return Level.WARN if self.missing else Level.OK

    @property
    def verdict(self) -> str:
        """One sentence."""
        if self.complaints:
            return "The file is damaged: what it says about its rows cannot be relied on."
        if not self.missing:
            rest = "" if self.table.keeps_count else " (which proves little: see above)"
            return f"No id of {self.table.name} is missing{rest}."
        ids = "1 id is missing" if self.missing == 1 else f"{self.missing:,} ids are missing"
        if self.has_evidence:
            return f"{ids}, and rows elsewhere mention some of them: those orders existed."
        return f"{ids}. This file alone cannot say whether an order was lost."


def examine(found: Foreign, name: str, id_column: str = "", created: str = "") -> Expertise:
    """Look at the numbers of one table. Raises NoSuchTable, sqlite3.Error."""
    connection = found.connection
    table = describe(connection, name, id_column)
    created = created or next((each for each in DATES if each in table.columns), "")
    count, highest = connection.execute(
        f"SELECT count(*), coalesce(max({quoted(table.id)}), 0) FROM {quoted(table.name)}"  # noqa: S608 - quoted
    ).fetchone()
    drawn = sequence(connection, table)
    ranges = list(_ranges(connection, table, max(highest, drawn or 0), highest))
    done = Expertise(
        path=found.path,
        how=found.how,
        table=table,
        rows=count,
        highest=highest,
        sequence=drawn,
        complaints=soundness.complaints(connection),
        gaps=[_look(connection, table, created, *each) for each in ranges[:MOST_GAPS]],
        missing=sum(last - first + 1 for first, last in ranges),
    )
    done.facts.extend(_facts(done, found, created))
    done.proved.extend(_proved(done))
    if done.missing:
        done.possible.extend(_possible(table))
        done.next_steps.extend(_next_steps())
    return done


def _ranges(
    connection: sqlite3.Connection, table: Table, top: int, highest: int
) -> Iterator[tuple[int, int]]:
    id_, name = quoted(table.id), quoted(table.name)
    yield from connection.execute(
        f"SELECT before + 1, id - 1 FROM (SELECT {id_} AS id, "  # noqa: S608 - quoted
        f"coalesce(lag({id_}) OVER (ORDER BY {id_}), 0) AS before FROM {name} WHERE {id_} > 0) "
        "WHERE id > before + 1 ORDER BY id"
    ).fetchall()
    if top > highest:
        yield highest + 1, top


def _look(
    connection: sqlite3.Connection, table: Table, created: str, first: int, last: int
) -> Missing:
    """One gap: its neighbours' times, and who mentions its ids."""
    mentions = []
    for name, column in referring(connection, table):
        sql = f"SELECT count(*) FROM {quoted(name)} WHERE {quoted(column)} BETWEEN ? AND ?"  # noqa: S608 - quoted
        (count,) = connection.execute(sql, (first, last)).fetchone()
        if count:
            rows = "1 row" if count == 1 else f"{count:,} rows"
            mentions.append(f"{rows} of {name} ({column}) mention it")
    around = [_made(connection, table, created, id_) for id_ in (first - 1, last + 1)]
    return Missing(first, last, around[0], around[1], tuple(mentions))


def _made(connection: sqlite3.Connection, table: Table, created: str, id_: int) -> str:
    """When a row was made, as the file says it; "" when nobody knows."""
    if not created:
        return ""
    sql = f"SELECT {quoted(created)} FROM {quoted(table.name)} WHERE {quoted(table.id)} = ?"  # noqa: S608 - quoted
    row = connection.execute(sql, (id_,)).fetchone()
    return str(row[0]) if row else ""


def _facts(done: Expertise, found: Foreign, created: str) -> Iterator[str]:
    table = done.table
    yield f"{done.rows:,} rows, the highest {table.id} is {done.highest:,}."
    if table.keeps_count:
        yield (
            f"sqlite_sequence says {done.sequence:,}."
            if done.sequence is not None
            else (
                "sqlite_sequence has no row for it: nothing was ever inserted, or the table was rebuilt."
            )
        )
    told = "; ".join(done.complaints[:3]) or "ok (which proves nothing about missing rows)"
    yield f"integrity_check: {told}."
    if (before := analyzed(found.connection, table)) is not None:
        yield f"When somebody last ran ANALYZE, the table had {before:,} rows."
    if found.alone is not None:
        yield _without_log(found.alone, done)
    changed = datetime.fromtimestamp(os.stat(done.path).st_mtime, UTC)
    newest = ""
    if created:
        sql = f"SELECT max({quoted(created)}) FROM {quoted(table.name)}"  # noqa: S608 - quoted
        newest = f"; the newest {created} is {found.connection.execute(sql).fetchone()[0]}"
    yield f"The file was last written on {changed:%Y-%m-%d %H:%M:%S} UTC{newest}."


def _without_log(alone: sqlite3.Connection, done: Expertise) -> str:
    """What the file says when its log is left out."""
    try:
        sql = f"SELECT count(*) FROM {quoted(done.table.name)}"  # noqa: S608 - quoted
        (count,) = alone.execute(sql).fetchone()
    except sqlite3.Error as error:
        return f"Without the log beside it, it cannot be read ({error})."
    finally:
        alone.close()
    return f"Without the log (-wal) beside it, it has {count:,} rows: keep the two together."


def _proved(done: Expertise) -> Iterator[str]:
    table, drawn = done.table, done.sequence
    if not table.keeps_count:
        yield (
            f"{table.name} has no AUTOINCREMENT: SQLite gives the id after the highest one that is "
            "there, so rows that vanish at the end leave no trace at all."
        )
        return
    yield (
        "AUTOINCREMENT counts in the transaction that inserts: a rollback, a crash or a busy database "
        "takes the number back. So a missing id was drawn by a transaction that was committed, "
        "unless numbers are given by hand."
    )
    if drawn is not None and drawn < done.highest:
        yield (
            f"The counter ({drawn:,}) is below the highest id ({done.highest:,}): a migration rebuilt "
            "the table, or somebody changed it. It proves nothing about the end of the table."
        )
    if any(gap.mentions for gap in done.gaps):
        yield "Rows elsewhere refer to missing ids: those rows existed, and their transaction committed."
    elif done.missing:
        yield "It does not prove that a row was ever there, nor that one was lost."


def _possible(table: Table) -> Iterator[str]:
    """What can leave such a gap in this very table."""
    if table.refuses_deletes:
        yield "Deleted by the program: unlikely, a trigger refuses to delete rows."
    else:
        yield "Deleted by the program or by hand: its log, or an audit table, would say so."
    if table.has_cascade:
        yield "Deleted with a parent row: the table has ON DELETE CASCADE."
    if table.unique:
        found = "; ".join(table.unique)
        yield f"A duplicate that was refused (INSERT OR IGNORE, ON CONFLICT): unique are {found}."
    elif table.required:
        found = ", ".join(table.required)
        yield (
            "A refused duplicate: not possible, nothing is unique here. A row ignored for lack of a "
            f"value (INSERT OR IGNORE) is: required are {found}."
        )
    else:
        yield "A refused row: not possible, nothing in this table can refuse one."
    yield "Numbers given by hand, or the counter set by hand: an import, a migration."
    yield (
        "Committed, acknowledged and then lost below SQLite's feet: locks dropped by an open() and "
        "close() of the file, two SQLite libraries in one process, a log removed under a living "
        "process, an older file copied over it. integrity_check is 'ok' after all of these."
    )


def _next_steps() -> Iterator[str]:
    yield "Compare with whoever was told: the payments at the provider, the mails, the web server's log."
    yield "Look for the ids in backups, and in a -wal that somebody kept."
