"""What SQLite says about the file, and whether the search index says what the products say."""

from collections.abc import Iterator

from bodega.databases import soundness
from bodega.ops.audit.books import Books, Row
from bodega.ops.audit.questions import Question


def integrity(books: Books) -> Iterator[Row]:
    """Pages and indexes."""
    for text in soundness.complaints(books.connection):
        yield {"complaint": text}


def references(books: Books) -> Iterator[Row]:
    """Rows that refer to nothing."""
    for orphan in soundness.orphans(books.connection):
        yield {"table": orphan.table, "rowid": orphan.rowid, "parent": orphan.parent}


QUESTIONS = (
    Question(
        "files.integrity",
        "Every page and every index is as SQLite wrote it (it does not prove that no row is missing).",
        integrity,
        "{complaint}",
        "The file is damaged: what is read may be wrong.",
        "Stop the shop and keep the file; then: bodega restore, bodega reconcile",
    ),
    Question(
        "files.references",
        "Every reference leads to a row.",
        references,
        "{table} {rowid} refers to a row of {parent} that is not there",
        "The row it belongs to was lost, or deleted with foreign keys off.",
        "See whether it is an order's: bodega audit --only orders.gaps",
    ),
)
