"""Change counters: a number that moves in the same transaction as the rows it watches.

Triggers do it, so that it does not matter who writes and how: a model, `QuerySet.update()`, plain SQL,
another process, another release. Whoever keeps something computed from those rows compares numbers
instead of waiting for messages (design 4.6). This module knows the SQL of SQLite's triggers; what is
watched is said by the caller.

A table rebuild (as Django's migrations do) drops the table's triggers, so `install` runs after every
migration, and `missing` tells when they are not there: a reader must then not trust the number.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol

TABLE = "change_counter"
CREATE_TABLE = f"CREATE TABLE IF NOT EXISTS {TABLE} (name text PRIMARY KEY, value integer NOT NULL)"
PREFIX = "changes_"


class Executor(Protocol):
    """What runs a statement: a DB-API connection of `opening`, or a Django cursor."""

    def execute(self, sql: str, /) -> Any: ...


@dataclass(frozen=True)
class Watched:
    """A table whose changes count.

    Every insert and delete counts. An update counts when one of `shown` differs between the old and
    the new row: SQL expressions with `{row}` for the row ("{row}.price"), in standard SQL. Nothing in
    `shown`: every update counts.
    """

    table: str
    shown: tuple[str, ...] = ()


def columns(*names: str) -> tuple[str, ...]:
    """Plain columns as expressions of `Watched.shown`."""
    return tuple(f"{{row}}.{name}" for name in names)


def triggers(counter: str, watched: Watched) -> dict[str, str]:
    """The triggers of one table, by name: three statements that make them."""
    differs = " OR ".join(
        f"({expression.format(row='OLD')}) IS NOT ({expression.format(row='NEW')})"
        for expression in watched.shown
    )
    body = f"BEGIN UPDATE {TABLE} SET value = value + 1 WHERE name = '{counter}'; END"  # noqa: S608 - our own words
    made = {}
    for event in ("INSERT", "UPDATE", "DELETE"):
        name = f"{PREFIX}{counter}_{watched.table}_{event.lower()}"
        when = f"WHEN {differs} " if event == "UPDATE" and differs else ""
        made[name] = (
            f'CREATE TRIGGER "{name}" AFTER {event} ON "{watched.table}" FOR EACH ROW {when}{body}'
        )
    return made


def install(executor: Executor, counter: str, watched: Iterable[Watched]) -> bool:
    """Make the counter and its triggers as they should be; True when something had to be made.

    Idempotent, and writes nothing when all is well. Something missing means that changes may have
    gone uncounted, so the counter moves too. Tables that do not exist (yet) are passed over. Call it
    inside a transaction.
    """
    executor.execute(CREATE_TABLE)
    wanted = _wanted(executor, counter, watched)
    present = _present(executor, counter)
    if wanted == present and value(executor, counter) is not None:
        return False
    for name in present:
        executor.execute(f'DROP TRIGGER "{name}"')
    for statement in wanted.values():
        executor.execute(statement)
    executor.execute(f"INSERT OR IGNORE INTO {TABLE} VALUES ('{counter}', 0)")  # noqa: S608 - our own words
    executor.execute(f"UPDATE {TABLE} SET value = value + 1 WHERE name = '{counter}'")  # noqa: S608 - our own words
    return True


def missing(executor: Executor, counter: str, watched: Iterable[Watched]) -> list[str]:
    """A sentence for everything that keeps the counter from being trusted; empty when all is well."""
    watched = list(watched)
    tables = _tables(executor)
    if TABLE not in tables:
        return [f"the table {TABLE} is not there"]
    found = [
        f"the table {each.table} does not exist" for each in watched if each.table not in tables
    ]
    if value(executor, counter) is None:
        found.append(f"the counter '{counter}' is not there")
    present = _present(executor, counter)
    for name, statement in _wanted(executor, counter, watched).items():
        if present.get(name) != statement:
            found.append(
                f"the trigger {name} is {'not as it should be' if name in present else 'gone'}"
            )
    return found


def value(executor: Executor, counter: str) -> int | None:
    """Where the counter stands; None when it does not exist."""
    row = executor.execute(f"SELECT value FROM {TABLE} WHERE name = '{counter}'").fetchone()  # noqa: S608 - our own words
    return None if row is None else int(row[0])


def _tables(executor: Executor) -> set[str]:
    rows = executor.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    return {name for (name,) in rows}


def _wanted(executor: Executor, counter: str, watched: Iterable[Watched]) -> dict[str, str]:
    tables = _tables(executor)
    return {
        name: statement
        for each in watched
        if each.table in tables
        for name, statement in triggers(counter, each).items()
    }


def _present(executor: Executor, counter: str) -> dict[str, str]:
    rows = executor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
    return {name: sql for name, sql in rows if name.startswith(f"{PREFIX}{counter}_")}
