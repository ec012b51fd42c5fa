"""Charges against the ledger: what was taken must be in the shop, to the cent."""

from collections.abc import Iterable
from typing import NamedTuple

from django.db import transaction

from bodega.payments import identity, settling, stripe, units
from bodega.payments.models import Attempt, LedgerEntry
from bodega.payments.reconciling.differences import Difference, Kind
from bodega.payments.reconciling.paging import Json, pages, patiently, since
from bodega.payments.reconciling.run import Run, moment
from bodega.payments.reconciling.seen import Seen
from bodega.payments.sessions import Session

PATH = "/v1/charges"


class Entry(NamedTuple):
    """A charge as the ledger has it."""

    pk: int
    amount: int
    currency: str
    order_id: int


def compare(run: Run, seen: Seen) -> None:
    """Every charge since the run's beginning."""
    for page in pages(PATH, since(run.since)):
        compare_page(run, page, seen)
        run.saw("charges", len(page))


def compare_page(run: Run, page: Iterable[Json], seen: Seen) -> None:
    """One query, and none more while all agree. What is missing is settled, then looked at again."""
    ours = [charge for charge in page if is_money(charge)]
    known = entries(charge["payment_intent"] for charge in ours)
    for charge in ours:
        entry = known.get(charge["payment_intent"])
        if entry is None and not run.is_dry:
            entry = recover(run, charge["payment_intent"])
        if entry is not None:
            seen.mark(entry.pk)
        judge(run, charge, entry)


def is_money(charge: Json) -> bool:
    """Taken by this shop, not only tried, reserved, or taken by a neighbour on the same account."""
    has_moved = charge["status"] == "succeeded" and charge["amount_captured"] > 0
    return has_moved and bool(charge["payment_intent"]) and identity.owns(charge["metadata"])


def entries(intents: Iterable[str]) -> dict[str, Entry]:
    """What the ledger has of these payment intents."""
    rows = LedgerEntry.objects.filter(kind=LedgerEntry.Kind.CHARGE, payment_intent__in=set(intents))
    told = rows.values_list("payment_intent", *Entry._fields)
    return {row[0]: Entry(*row[1:]) for row in told}


def recover(run: Run, intent: str) -> Entry | None:
    """Settle the session that took the money, and see whether the ledger has it now."""
    session = patiently(lambda: stripe.client().session_of(intent))
    if session is None or run.settle(session) is None:
        return None
    return entries([intent]).get(intent) or enter_again(run, session)


def enter_again(run: Run, session: Session) -> Entry | None:
    """Only the ledger's row was lost: the order is paid, so the door for money saw nothing to do."""
    attempt = Attempt.objects.select_related("order").filter(session_id=session.id).first()
    if attempt is not None and session.is_paid and session.payment_intent:
        with transaction.atomic():
            settling.enter(session, attempt, now=run.clock())
    return entries([session.payment_intent]).get(session.payment_intent)


def judge(run: Run, charge: Json, entry: Entry | None) -> None:
    """A difference, if it is one."""
    currency = charge["currency"].upper()
    taken = units.from_stripe(charge["amount_captured"], currency)
    if entry is None:
        number = charge["metadata"].get("number", "?")
        detail = f"Order {number} was charged ({charge['id']}), and the shop knows nothing of it."
        kind = Kind.NOT_IN_SHOP
    elif (entry.amount, entry.currency) != (taken, currency):
        detail = f"The ledger and {charge['id']} name different amounts."
        kind = Kind.AMOUNT_DIFFERS
    else:
        return
    run.differs(
        Difference(
            kind=kind,
            reference=charge["payment_intent"],
            currency=currency,
            detail=detail,
            happened_at=moment(charge),
            here=entry.amount if entry else None,
            there=taken,
            order_id=entry.order_id if entry else None,
        )
    )
