"""Disputes against the ledger: what a customer's bank took, and what it gave back."""

from collections.abc import Iterable

from django.db.models import Q

from bodega.payments.disputes import import_dispute
from bodega.payments.models import Dispute, LedgerEntry
from bodega.payments.reconciling.charges import entries
from bodega.payments.reconciling.differences import Difference, Kind
from bodega.payments.reconciling.paging import Json, pages, since
from bodega.payments.reconciling.run import Run
from bodega.payments.reconciling.seen import Seen
from bodega.payments.reversals import BankDispute, dispute_from

PATH = "/v1/disputes"
MONEY = (LedgerEntry.Kind.DISPUTE, LedgerEntry.Kind.DISPUTE_WON)


def compare(run: Run, seen: Seen) -> None:
    """Every dispute since the run's beginning."""
    for page in pages(PATH, since(run.since)):
        compare_page(run, page, seen)
        run.saw("disputes", len(page))


def compare_page(run: Run, page: Iterable[Json], seen: Seen) -> None:
    """A handful of queries; disputes are rare."""
    disputes = [dispute_from(each) for each in page]
    owners = entries(dispute.payment_intent for dispute in disputes)
    for dispute in disputes:
        owner = owners.get(dispute.payment_intent)
        if owner is None:
            continue
        if not agrees(dispute, booked_of(dispute, seen)) and not run.is_dry:
            import_dispute(dispute, now=run.clock())
        judge(run, dispute, owner.order_id, booked_of(dispute, seen))


def booked_of(dispute: BankDispute, seen: Seen) -> int:
    """What the ledger says of it, added up; its rows count as seen."""
    named = Q(reference=dispute.id) | Q(reference__startswith=f"{dispute.id}/")  # the second time
    rows = LedgerEntry.objects.filter(named, kind__in=MONEY)
    total = 0
    for pk, amount in rows.values_list("pk", "amount"):
        seen.mark(pk)
        total += amount
    return total


def agrees(dispute: BankDispute, booked: int) -> bool:
    """Whether the shop has it as it stands, and the ledger what it moved."""
    row = Dispute.objects.filter(dispute_id=dispute.id).values_list("status", flat=True).first()
    return row == dispute.status and booked == moved(dispute)


def moved(dispute: BankDispute) -> int:
    """What the shop has less for it, signed; an inquiry moves nothing."""
    return -dispute.amount if dispute.withdrawn > dispute.reinstated else 0


def judge(run: Run, dispute: BankDispute, order_id: int, booked: int) -> None:
    """A difference, if it is one."""
    if agrees(dispute, booked):
        return
    is_here = Dispute.objects.filter(dispute_id=dispute.id).exists()
    run.differs(
        Difference(
            kind=Kind.AMOUNT_DIFFERS if is_here else Kind.NOT_IN_SHOP,
            reference=dispute.id,
            currency=dispute.currency,
            detail=f"Stripe has a dispute ({dispute.status}) that the shop tells otherwise.",
            happened_at=dispute.created,
            here=booked if is_here else None,
            there=moved(dispute),
            order_id=order_id,
        )
    )
