"""The order journal against the rows."""

from collections.abc import Iterator

from bodega.ops.audit.books import Books, Row
from bodega.ops.audit.questions import Question
from bodega.ops.audit.testimony import PAID, TOLD, hear

KNOWN = """
    SELECT id, number, paid_at FROM orders_order
    WHERE id >= ? AND placed_at < ? ORDER BY id
"""


def damages(books: Books) -> Iterator[Row]:
    """Records that are not as they were written."""
    for damage in hear(books).damages:
        if damage.lost:
            yield {"place": damage.place, "sentence": damage.sentence, "lost": damage.lost}


def differences(books: Books) -> Iterator[Row]:
    """Orders that journal and rows know differently."""
    yield from hear(books).differing.values()


def unheard(books: Books) -> Iterator[Row]:
    """Orders, and payments, that the journal should know and does not.

    Not asked of a damaged journal: which rows the lost records were about, nobody knows.
    """
    heard = hear(books)
    if heard.first is None or not heard.is_whole:
        return
    for row in books.rows(KNOWN, heard.first, books.settled):
        says = heard.says(row["id"])
        if not says & TOLD:
            yield {"number": row["number"], "what": "order"}
        elif row["paid_at"] and row["paid_at"] < books.settled and not says & PAID:
            yield {"number": row["number"], "what": "payment"}


QUESTIONS = (
    Question(
        "journal.whole",
        "The order journal is as it was written.",
        damages,
        "{place}: {sentence}",
        "It is the witness for orders whose rows are lost.",
        "Keep its files, and compare the orders of that time with Stripe: bodega reconcile",
    ),
    Question(
        "journal.agrees",
        "Orders are as the journal says somebody was told.",
        differences,
        "{number}, {what}: the journal says {journal}, the row {row}",
        "The row was changed, or a write was lost after it was acknowledged.",
        "Ask Stripe what is true: bodega reconcile",
        money=("journal", "row"),
    ),
    Question(
        "journal.complete",
        "Every order and every payment since the journal began is in it.",
        unheard,
        "{number}: the journal has no record of this {what}",
        "If the row were lost, nobody would notice.",
        "Is the journal's disk there, is it the right one ($BODEGA_JOURNAL_DIR)? bodega doctor journal",
    ),
)
