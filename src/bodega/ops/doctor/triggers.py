"""Triggers that pages and search rely on: a migration that rebuilds a table drops them silently."""

from collections.abc import Iterator
from sqlite3 import Connection

from bodega.catalog.search_index import PRESENT, missing
from bodega.databases import changes
from bodega.ops.doctor.case import Case, has_table
from bodega.ops.doctor.findings import Finding, bad, ok, unless
from bodega.orders import guarding
from bodega.web.watched import COUNTER, WATCHED

REPAIR = "bodega manage migrate"


def examine(case: Case) -> Iterator[Finding]:
    """Of a shop that has its tables."""
    if not case.path("primary").exists():
        return
    with case.look("primary") as connection:
        if has_table(connection, "catalog_product"):
            yield from unless(
                _pages(connection), ok("triggers.pages", "Every change of a page counts.")
            )
            yield from unless(
                _search(connection), ok("triggers.search", "The search index keeps up.")
            )
        if has_table(connection, "orders_tombstone"):
            told = "No order is deleted without a tombstone."
            yield from unless(_orders(connection), ok("triggers.orders", told))


def _pages(connection: Connection) -> Iterator[Finding]:
    wrong = changes.missing(connection, COUNTER, WATCHED)
    if wrong:
        told = f"No page is kept, because changes would go unnoticed: {_first(wrong)}."
        yield bad("triggers.pages", told, REPAIR)


def _search(connection: Connection) -> Iterator[Finding]:
    wrong = missing(dict(connection.execute(PRESENT).fetchall()))
    if wrong:
        told = f"Search does not see every change: {_first(wrong)}, which is gone or changed."
        yield bad("triggers.search", told, REPAIR)


def _orders(connection: Connection) -> Iterator[Finding]:
    if guarding.missing(dict(connection.execute(guarding.PRESENT).fetchall())):
        told = "An order can be deleted without a tombstone, so a missing one would be unexplained."
        yield bad("triggers.orders", told, REPAIR)


def _first(wrong: list[str]) -> str:
    return wrong[0] + (f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else "")
