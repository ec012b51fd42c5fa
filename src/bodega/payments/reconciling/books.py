"""The bank's own books: each balance transaction against the ledger's rows of the same thing.

Says nothing of what the ledger does not know at all: whose that is, only the charge, refund or dispute
itself can tell, and those have been compared before.
"""

from collections.abc import Iterable
from typing import NamedTuple

from django.db.models import Q

from bodega.payments import units
from bodega.payments.models import LedgerEntry
from bodega.payments.reconciling.differences import Difference, Kind
from bodega.payments.reconciling.paging import Json, pages, since
from bodega.payments.reconciling.run import Run, moment
from bodega.payments.reconciling.seen import Seen

PATH = "/v1/balance_transactions"
Entries = LedgerEntry.Kind
# Stripe's types of transactions (https://docs.stripe.com/reports/balance-transaction-types).
CHARGES = {"charge", "payment"}
REVERSALS = {
    "refund": Entries.REFUND,
    "payment_refund": Entries.REFUND,
    "refund_failure": Entries.REFUND_FAILED,
    "payment_failure_refund": Entries.REFUND_FAILED,
}


class Row(NamedTuple):
    """A row of the ledger."""

    pk: int
    kind: str
    amount: int
    currency: str
    order_id: int


def compare(run: Run, seen: Seen) -> None:
    """Every transaction since the run's beginning."""
    for page in pages(PATH, since(run.since)):
        compare_page(run, page, seen)
        run.saw("balance transactions", len(page))


def compare_page(run: Run, page: Iterable[Json], seen: Seen) -> None:
    """One query, and none more."""
    moved = [each for each in page if each["source"] and kind_of(each)]
    rows = rows_of(str(each["source"]) for each in moved)
    for transaction in moved:
        row = rows.get((transaction["source"], kind_of(transaction)))
        if row is not None:
            seen.mark(row.pk)
            judge(run, transaction, row)


def kind_of(transaction: Json) -> str:
    """Which kind of ledger entry it should be; empty for fees, payouts and the like."""
    name: str = transaction["type"]
    if name in CHARGES:
        return Entries.CHARGE
    if name == "adjustment" and str(transaction["source"]).startswith(("du_", "dp_")):
        return Entries.DISPUTE if transaction["amount"] < 0 else Entries.DISPUTE_WON
    return REVERSALS.get(name, "")


def rows_of(sources: Iterable[str]) -> dict[tuple[str, str], Row]:
    """The ledger's rows about these charges, refunds and disputes, by source and kind."""
    ids = set(sources)
    rows = LedgerEntry.objects.filter(Q(reference__in=ids) | Q(reference="", charge__in=ids))
    fields = ("reference", "charge", "pk", "kind", "amount", "currency", "order_id")
    return {
        (reference or charge, kind): Row(pk, kind, amount, currency, order_id)
        for reference, charge, pk, kind, amount, currency, order_id in rows.values_list(*fields)
    }


def judge(run: Run, transaction: Json, row: Row) -> None:
    """A difference, if it is one. What the bank changed into another currency cannot be compared."""
    currency = transaction["currency"].upper()
    if currency != row.currency:
        return
    there = units.from_stripe(transaction["amount"], currency)
    if there == row.amount:
        return
    run.differs(
        Difference(
            kind=Kind.AMOUNT_DIFFERS,
            reference=transaction["id"],
            currency=currency,
            detail=f"Stripe's books have another amount for {transaction['source']}.",
            happened_at=moment(transaction),
            here=row.amount,
            there=there,
            order_id=row.order_id,
        )
    )
