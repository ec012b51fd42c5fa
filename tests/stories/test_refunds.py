"""Acceptance 7 of the protocol for money (design 5.5): refunds at once, lost, sent back, and disputed.

The bank is fakestripe over the wire with the official SDK, except where threads race: there the bank
answers from memory, so that the race is the shop's alone.
"""

import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import Sum

from bodega.catalog.models import Stock
from bodega.lib.clock import utc_now
from bodega.merchant.models import Merchant
from bodega.orders.models import Invoice, Mail, Order
from bodega.payments import disputes, portions, refunding, sending, stripe, units
from bodega.payments.models import Attempt, Dispute, LedgerEntry, Refund
from bodega.payments.portions import NotRefundable, Piece, Wish
from bodega.payments.settling import settle
from fakestripe.testing import Handle, serve
from tests.stories.test_at_once import at_once
from tests.till import Buyer, MemoryBank, drain

pytestmark = pytest.mark.django_db(transaction=True, databases=["default", "queue"])
FULL, PART = 5490, 3000


def attempted(order: Order, wish: Wish, key: str) -> Callable[[], Refund | str]:
    """A refund as a thread makes it: the refund, or why not."""

    def call() -> Refund | str:
        try:
            return refunding.refund(order, wish, key=key, actor="ada", now=utc_now())
        except NotRefundable as error:
            return error.code

    return call


def given_back() -> int:
    """What the refunds that count add up to."""
    made = Refund.objects.exclude(state=Refund.State.FAILED)
    return made.aggregate(sum=Sum("amount"))["sum"] or 0


@pytest.mark.parametrize("rounds", range(3))
def test_two_parts_and_all_of_it_at_once_never_exceed_what_was_captured(
    paid: Order, bank: MemoryBank, rounds: int
) -> None:
    wishes = [Wish(adjustment=PART), Wish(adjustment=PART), Wish(adjustment=FULL)]
    answers = at_once([attempted(paid, wish, f"k{n}") for n, wish in enumerate(wishes)])
    made = [answer for answer in answers if isinstance(answer, Refund)]
    assert len(made) == 1, answers
    assert answers.count("too_much") == 2
    paid.refresh_from_db()
    assert paid.refunded == Attempt.objects.get().refunded == given_back() == made[0].amount <= FULL
    assert sum(each["amount"] for each in bank.returned.values()) == made[0].amount
    assert LedgerEntry.objects.aggregate(sum=Sum("amount"))["sum"] == FULL - made[0].amount


def test_many_small_refunds_at_once_end_exactly_at_what_was_captured(
    paid: Order, bank: MemoryBank
) -> None:
    wishes = [Wish(adjustment=915)] * 8  # six of them make 5490
    answers = at_once([attempted(paid, wish, f"k{n}") for n, wish in enumerate(wishes)])
    assert answers.count("too_much") == 2
    assert given_back() == Attempt.objects.get().refunded == FULL
    assert LedgerEntry.objects.aggregate(sum=Sum("amount"))["sum"] == 0


def test_one_line_cannot_be_given_back_by_two_people(paid: Order, bank: MemoryBank) -> None:
    wish = Wish([Piece(paid.lines.get().pk, 2, restock=True)])
    answers = at_once([attempted(paid, wish, f"k{n}") for n in range(3)])
    assert answers.count("too_many") == 2
    assert Stock.objects.get().on_hand == 10


def test_the_same_form_sent_many_times_at_once_is_one_refund(paid: Order, bank: MemoryBank) -> None:
    made = at_once([attempted(paid, Wish(adjustment=1000), "double click")] * 6)
    assert len({each.pk for each in made}) == 1
    assert (given_back(), len(bank.returned)) == (1000, 1)
    assert Invoice.objects.filter(kind="credit_note").count() == 1


def test_looking_first_and_writing_afterwards_exceeds_what_was_captured(
    paid: Order, bank: MemoryBank
) -> None:
    """The control: the same race without the guarded sums."""
    looked = threading.Barrier(3)

    def naive(amount: int) -> None:
        attempt = Attempt.objects.get()
        left = attempt.captured - given_back()
        looked.wait()
        if amount <= left:
            Refund.objects.create(
                order=paid,
                attempt=attempt,
                idempotency_key=f"{threading.get_ident()}",
                amount=amount,
                currency="EUR",
                actor="ada",
                created_at=utc_now(),
            )

    at_once([lambda: naive(PART), lambda: naive(PART), lambda: naive(FULL)])
    assert given_back() == 2 * PART + FULL > FULL


def test_our_refund_and_its_webhooks_at_once_are_booked_once(paid: Order, bank: MemoryBank) -> None:
    made, _ = refunding.record(paid, Wish(adjustment=PART), key="k", actor="ada", now=utc_now())
    told = bank.create_refund(sending.params(made), key=made.idempotency_key)
    at_once([lambda: refunding.import_refund(told, now=utc_now())] * 6)
    assert Refund.objects.count() == 1
    assert LedgerEntry.objects.filter(kind="refund").count() == 1
    drain()
    assert Mail.objects.filter(kind="refunded").count() == 1


def test_a_dashboard_refund_heard_of_many_times_at_once_is_taken_in_once(
    paid: Order, bank: MemoryBank
) -> None:
    told = bank.give_back({"payment_intent": "pi_cs_test_1", "amount": PART})
    at_once([lambda: refunding.import_refund(told, now=utc_now())] * 6)
    assert Refund.objects.count() == 1
    assert given_back() == Attempt.objects.get().refunded == PART


# Over the wire.


@pytest.fixture  # for each test: the clock of a bank does not go back
def fake() -> Iterator[Handle]:
    with serve() as handle:
        yield handle


@pytest.fixture(params=["EUR"])
def bought(
    fake: Handle, buyer: Buyer, settings: Any, request: pytest.FixtureRequest
) -> Iterator[Order]:
    """An order paid at fakestripe."""
    Merchant.objects.update(currency=request.param)
    settings.FAKESTRIPE_URL = fake.base_url
    stripe._client.cache_clear()
    answer = buyer.order()
    assert "cs_test_" in answer["Location"], answer["Location"]
    session_id = Attempt.objects.get().session_id or ""
    fake.pay(session_id)
    yield settle(session_id, now=utc_now())
    stripe._client.cache_clear()


def agrees(fake: Handle, order: Order) -> None:
    """The shop's ledger says what the bank says of its only charge."""
    (charge,) = fake.ledger()
    held = charge["amount"] - charge["amount_refunded"]
    held = units.from_stripe(held, order.currency)
    assert LedgerEntry.objects.aggregate(sum=Sum("amount"))["sum"] == held
    assert portions.standing(order).left == held


def test_a_refund_whose_answer_is_dropped_is_found_and_made_once(
    fake: Handle, bought: Order
) -> None:
    fake.fault("drop", "POST /v1/refunds")
    wish = Wish([Piece(bought.lines.get().pk, 1, restock=True)], 490)
    made = refunding.refund(bought, wish, key="k", actor="ada", now=utc_now())
    assert made.state == Refund.State.UNKNOWN
    sending.repeat_waiting(now=utc_now() + timedelta(days=2))
    made.refresh_from_db()
    assert made.state == Refund.State.SUCCEEDED
    agrees(fake, bought)


@pytest.mark.parametrize("fault", [{"kind": "error", "when": "before"}, {"kind": "limit"}])
def test_a_refund_that_the_bank_could_not_take_is_made_later(
    fake: Handle, bought: Order, fault: dict[str, str]
) -> None:
    fake.fault(match="POST /v1/refunds", count=2, **fault)
    made = refunding.refund(bought, Wish(adjustment=PART), key="k", actor="ada", now=utc_now())
    assert made.state == Refund.State.UNKNOWN
    fake.clear_faults()
    fake.advance(90_000)  # the 500 is kept under its key for a day
    sending.repeat_waiting(now=utc_now())
    made.refresh_from_db()
    assert made.state == Refund.State.SUCCEEDED
    agrees(fake, bought)


def test_a_refund_that_fails_later_reopens_and_is_made_again(fake: Handle, bought: Order) -> None:
    fake.fault("refund_fails", ms=5000)
    first = refunding.refund(bought, Wish(adjustment=FULL), key="k", actor="ada", now=utc_now())
    assert first.state == Refund.State.SUCCEEDED
    fake.advance(10)
    refunding.follow(first.refund_id or "", now=utc_now())
    agrees(fake, bought)
    again = Wish(adjustment=FULL, repeats_id=first.pk)
    second = refunding.refund(bought, again, key="again", actor="ada", now=utc_now())
    assert second.state == Refund.State.SUCCEEDED
    agrees(fake, bought)
    assert Invoice.objects.filter(kind="credit_note").count() == 1


def test_a_dispute_takes_the_money_and_gives_it_back_when_it_is_won(
    fake: Handle, bought: Order
) -> None:
    charge = LedgerEntry.objects.get().charge
    dispute_id = fake.dispute(charge, "product_not_received")["id"]
    for _ in range(2):
        disputes.follow(dispute_id, now=utc_now())
    dispute = Dispute.objects.get()
    assert (dispute.order, dispute.status, dispute.closed_at) == (bought, "needs_response", None)
    assert dispute.due_by is not None
    assert LedgerEntry.objects.aggregate(sum=Sum("amount"))["sum"] == 0
    refused = refunding.refund(bought, Wish(adjustment=1), key="k", actor="ada", now=utc_now())
    assert "charged back" in refused.failure
    evidence = {"evidence": {"uncategorized_text": "winning_evidence"}}
    stripe.client()._sdk.v1.disputes.update(dispute_id, evidence)  # type: ignore[arg-type]  # a plain dict
    for _ in range(2):
        disputes.follow(dispute_id, now=utc_now())
    dispute.refresh_from_db()
    assert (dispute.status, dispute.closed_at is not None) == ("won", True)
    assert LedgerEntry.objects.aggregate(sum=Sum("amount"))["sum"] == FULL
    kinds = list(bought.events.values_list("kind", flat=True))
    assert [kinds.count(kind) for kind in ("disputed", "dispute_closed")] == [1, 1]


@pytest.mark.parametrize("bought", ["JPY", "KWD", "ISK"], indirect=True)
def test_currencies_without_cents_and_with_mills_go_back_to_the_last_unit(
    fake: Handle, bought: Order
) -> None:
    """Yen have no cents, dinars three decimals of which Stripe wants the last to be 0, and krónur are
    written in hundredths at Stripe alone."""
    part = Wish([Piece(bought.lines.get().pk, 1)], 490)
    made = refunding.refund(bought, part, key="part", actor="ada", now=utc_now())
    assert (made.state, made.amount) == (Refund.State.SUCCEEDED, 2990)
    agrees(fake, bought)
    refunding.refund_everything(bought, key="rest", actor="ada", now=utc_now())
    agrees(fake, bought)
    assert portions.standing(bought).left == 0
