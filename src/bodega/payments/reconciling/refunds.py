"""Refunds against the ledger; those made in Stripe's dashboard are taken in."""

from collections.abc import Iterable

from bodega.payments import refunding
from bodega.payments.models import LedgerEntry, Refund
from bodega.payments.reconciling.charges import entries
from bodega.payments.reconciling.differences import Difference, Kind
from bodega.payments.reconciling.paging import Json, pages, since
from bodega.payments.reconciling.run import Run
from bodega.payments.reconciling.seen import Seen
from bodega.payments.reversals import BankRefund, refund_from

PATH = "/v1/refunds"
MONEY = (LedgerEntry.Kind.REFUND, LedgerEntry.Kind.REFUND_FAILED)


def compare(run: Run, seen: Seen) -> None:
    """Every refund since the run's beginning."""
    for page in pages(PATH, since(run.since)):
        compare_page(run, page, seen)
        run.saw("refunds", len(page))


def compare_page(run: Run, page: Iterable[Json], seen: Seen) -> None:
    """Three queries, and none more while all agree."""
    refunds = [refund_from(each) for each in page]
    owners = entries(refund.payment_intent for refund in refunds)
    ours = [refund for refund in refunds if refund.payment_intent in owners]
    booked, known = booked_of(ours, seen), known_of(ours)
    for refund in ours:
        if not agrees(refund, booked.get(refund.id, 0), is_known=refund.id in known):
            order_id = owners[refund.payment_intent].order_id
            put_right(run, refund, order_id, seen)


def booked_of(refunds: Iterable[BankRefund], seen: Seen) -> dict[str, int]:
    """What the ledger says of each, added up; its rows count as seen."""
    rows = LedgerEntry.objects.filter(kind__in=MONEY, reference__in=[each.id for each in refunds])
    sums: dict[str, int] = {}
    for pk, reference, amount in rows.values_list("pk", "reference", "amount"):
        sums[reference] = sums.get(reference, 0) + amount
        seen.mark(pk)
    return sums


def known_of(refunds: Iterable[BankRefund]) -> set[str]:
    """Those that the shop has a row for."""
    rows = Refund.objects.filter(refund_id__in=[each.id for each in refunds])
    return {str(refund_id) for refund_id in rows.values_list("refund_id", flat=True)}


def agrees(refund: BankRefund, booked: int, *, is_known: bool) -> bool:
    """Whether the ledger's sum is what Stripe says; one under way may be booked already or not."""
    if refund.has_failed:
        return booked == 0
    right = {-refund.amount} if refund.is_done else {-refund.amount, 0}
    return is_known and booked in right


def put_right(run: Run, refund: BankRefund, order_id: int, seen: Seen) -> None:
    """Take it in as it is now; what still does not agree is a difference."""
    why = "" if run.is_dry else take_in(run, refund)
    booked, known = booked_of([refund], seen), known_of([refund])
    here = booked.get(refund.id)
    if agrees(refund, here or 0, is_known=refund.id in known):
        return
    run.differs(
        Difference(
            kind=Kind.NOT_IN_SHOP if here is None else Kind.AMOUNT_DIFFERS,
            reference=refund.id,
            currency=refund.currency,
            detail=why or f"Stripe has a refund ({refund.status}) that the ledger tells otherwise.",
            happened_at=refund.created,
            here=here,
            there=0 if refund.has_failed else -refund.amount,
            order_id=order_id,
        )
    )


def take_in(run: Run, refund: BankRefund) -> str:
    """Book it; why that is not possible, or nothing."""
    try:
        refunding.import_refund(refund, now=run.clock())
    except refunding.Overdrawn as error:
        return f"It cannot be booked: {error}."
    return ""
