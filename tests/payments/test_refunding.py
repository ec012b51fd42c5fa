"""Giving money back: recorded, asked of Stripe, recorded again."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from bodega.catalog.models import Movement, Stock
from bodega.lib.clock import utc_now
from bodega.orders import dispatching
from bodega.orders.models import Invoice, Order, OrderEvent
from bodega.payments import attempts, portions, refunding, sending, stripe
from bodega.payments.models import Attempt, LedgerEntry, Refund
from bodega.payments.portions import NotRefundable, Piece, Wish
from bodega.payments.settling import settle
from tests.till import MemoryBank, drain

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def give(order: Order, wish: Wish, key: str = "k") -> Refund:
    return refunding.refund(order, wish, key=key, actor="ada", now=utc_now())


def line(order: Order) -> int:
    return order.lines.get().pk


def sums(order: Order) -> tuple[int, int]:
    """What the attempt and the order say is given back."""
    order.refresh_from_db()
    return Attempt.objects.get().refunded, order.refunded


def ledger() -> list[tuple[str, int]]:
    return list(LedgerEntry.objects.values_list("kind", "amount"))


def kinds(order: Order) -> list[str]:
    return list(order.events.values_list("kind", flat=True))[2:]  # after placed and paid


def test_a_refund_is_made_and_everything_follows_once(paid: Order, bank: MemoryBank) -> None:
    drain()
    made = give(paid, Wish([Piece(line(paid), 1, restock=True)], 490, reason="other"))
    assert (made.state, made.amount, made.refund_id) == (Refund.State.SUCCEEDED, 2990, "re_1")
    assert sums(paid) == (2990, 2990)
    assert ledger() == [("charge", 5490), ("refund", -2990)]
    assert Stock.objects.get().on_hand == 9
    assert kinds(paid)[-2:] == ["refund_asked", "refunded"]
    public = OrderEvent.objects.get(kind="refunded")
    assert public.message == "Refunded €29.90: 1 × Dunes, shipping"
    assert public.is_public
    note = Invoice.objects.get(kind="credit_note")
    assert (note.total, note.about) == (2990, made.idempotency_key)
    assert "bodega.orders.mails.send" in [attempt.job.task for attempt in drain()]
    assert bank.returned["re_1"]["metadata"]["refund"] == made.idempotency_key
    assert "reason" not in bank.returned["re_1"], "Stripe has no word for 'something else'"


def test_a_refund_of_what_was_not_sent_yet_completes_the_order(
    paid: Order, bank: MemoryBank
) -> None:
    dispatching.ship(paid, {line(paid): 1}, actor="clerk", at=utc_now())
    give(paid, Wish([Piece(line(paid), 1, restock=True)]))
    paid.refresh_from_db()
    assert paid.status == Order.Status.FULFILLED


def test_a_double_click_is_one_refund(paid: Order, bank: MemoryBank) -> None:
    first, second = (give(paid, Wish(adjustment=1000)) for _ in range(2))
    assert first.pk == second.pk
    assert bank.calls.count("refund") == 1
    assert sums(paid) == (1000, 1000)


def test_a_key_that_was_used_for_another_refund_is_refused(paid: Order, bank: MemoryBank) -> None:
    give(paid, Wish(adjustment=1000))
    with pytest.raises(refunding.KeyReused):
        give(paid, Wish(adjustment=1001))
    assert sums(paid) == (1000, 1000)


def test_more_than_was_captured_is_never_given_back(paid: Order, bank: MemoryBank) -> None:
    give(paid, Wish(adjustment=5000))
    with pytest.raises(NotRefundable, match=r"€4.90 of the payment"):
        give(paid, Wish(adjustment=491), key="second")
    assert sums(paid) == (5000, 5000)
    give(paid, Wish(adjustment=490), key="third")
    assert sums(paid) == (5490, 5490)


def test_the_database_itself_refuses_more_than_was_captured(paid: Order, bank: MemoryBank) -> None:
    """The control of the guard: the sums without it."""
    with pytest.raises(IntegrityError, match="refunds_are_covered"), transaction.atomic():
        Attempt.objects.update(refunded=5491)


def test_an_order_that_was_not_paid_has_nothing_to_give_back(
    order: Order, bank: MemoryBank
) -> None:
    with pytest.raises(NotRefundable, match="Nothing was paid"):
        give(order, Wish(adjustment=1))


def test_when_stripe_says_no_nothing_has_happened(paid: Order, bank: MemoryBank) -> None:
    bank.failures = [stripe.StripeRefused("Charge has been charged back")]
    made = give(paid, Wish([Piece(line(paid), 2, restock=True)]))
    assert (made.state, made.failure) == (Refund.State.FAILED, "Charge has been charged back")
    assert sums(paid) == (0, 0)
    assert ledger() == [("charge", 5490)]
    assert Stock.objects.get().on_hand == 8
    assert kinds(paid) == ["refund_asked", "refund_refused"]
    assert not Invoice.objects.filter(kind="credit_note").exists()
    assert give(paid, Wish([Piece(line(paid), 2)]), key="again").state == Refund.State.SUCCEEDED


def test_an_answer_that_was_lost_is_found_again_and_nothing_is_given_twice(
    paid: Order, bank: MemoryBank
) -> None:
    bank.lost_answers = 1
    made = give(paid, Wish(adjustment=1000))
    assert made.state == Refund.State.UNKNOWN
    assert sums(paid) == (1000, 1000), "the sum stays taken while nobody knows"
    bank.keys.clear()  # 24 hours later Stripe has forgotten the key
    assert sending.repeat_waiting(now=utc_now()) == 1
    made.refresh_from_db()
    assert (made.state, made.refund_id) == (Refund.State.SUCCEEDED, "re_1")
    assert len(bank.returned) == 1
    assert sending.repeat_waiting(now=utc_now()) == 0


def test_asking_again_without_looking_would_give_the_money_twice(
    paid: Order, bank: MemoryBank
) -> None:
    """The control: what the lookup by metadata prevents once the key is forgotten."""
    bank.lost_answers = 1
    made = give(paid, Wish(adjustment=1000))
    bank.keys.clear()
    bank.create_refund(sending.params(made), key=made.idempotency_key)
    assert len(bank.returned) == 2


def test_a_refund_that_never_left_the_house_is_sent_by_the_recurring_task(
    paid: Order, bank: MemoryBank
) -> None:
    now = utc_now()
    made, _ = refunding.record(paid, Wish(adjustment=1000), key="k", actor="ada", now=now)
    assert sending.repeat_waiting(now=now) == 0, "whoever recorded it is about to send it"
    assert sending.repeat_waiting(now=now + timedelta(minutes=2)) == 1
    made.refresh_from_db()
    assert made.state == Refund.State.SUCCEEDED


def test_while_stripe_is_unreachable_the_others_are_not_tried(
    paid: Order, bank: MemoryBank
) -> None:
    for key in ("a", "b"):
        refunding.record(paid, Wish(adjustment=100), key=key, actor="ada", now=utc_now())
    bank.failures = [stripe.StripeUnreachable("timeout")]
    assert sending.repeat_waiting(now=utc_now() + timedelta(minutes=2)) == 1
    assert sending.repeat_waiting(now=utc_now() + timedelta(minutes=2)) == 2


def test_a_refund_that_comes_back_reopens_everything_but_the_shelf(
    paid: Order, bank: MemoryBank
) -> None:
    made = give(paid, Wish([Piece(line(paid), 2, restock=True)]))
    for _ in range(2):
        refunding.import_refund(bank.send_back("re_1"), now=utc_now())
    made.refresh_from_db()
    assert (made.state, made.is_owed) == (Refund.State.FAILED, True)
    assert sums(paid) == (0, 0)
    assert ledger() == [("charge", 5490), ("refund", -5000), ("refund_failed", 5000)]
    assert Stock.objects.get().on_hand == 10, "the goods are where they are"
    assert kinds(paid)[2:] == ["refund_failed", "refund_returned"]
    told = OrderEvent.objects.get(kind="refund_failed").message
    assert "expired or canceled card" in told
    assert "stays there" in told


def test_a_refund_that_came_back_is_made_again_without_a_second_credit_note(
    paid: Order, bank: MemoryBank
) -> None:
    first = give(paid, Wish([Piece(line(paid), 2)]))
    refunding.import_refund(bank.send_back("re_1"), now=utc_now())
    again = Wish(adjustment=5000, repeats_id=first.pk)
    second = give(paid, again, key="again")
    first.refresh_from_db()
    assert (second.state, second.credited, first.is_owed) == (Refund.State.SUCCEEDED, 0, False)
    assert Invoice.objects.filter(kind="credit_note").count() == 1
    assert sums(paid) == (5000, 5000)
    with pytest.raises(NotRefundable, match="made again already"):
        give(paid, Wish(adjustment=490, repeats_id=first.pk), key="twice")


def test_a_repetition_that_is_refused_leaves_the_refund_owed(paid: Order, bank: MemoryBank) -> None:
    first = give(paid, Wish(adjustment=1000))
    refunding.import_refund(bank.send_back("re_1"), now=utc_now())
    bank.failures = [stripe.StripeRefused("no")]
    give(paid, Wish(adjustment=1000, repeats_id=first.pk), key="again")
    first.refresh_from_db()
    assert first.is_owed


def test_articles_that_were_credited_cannot_be_credited_again(
    paid: Order, bank: MemoryBank
) -> None:
    give(paid, Wish([Piece(line(paid), 2)]))
    refunding.import_refund(bank.send_back("re_1"), now=utc_now())
    with pytest.raises(NotRefundable, match="0 of 2"):
        give(paid, Wish([Piece(line(paid), 1)]), key="again")


def test_the_events_of_a_refund_may_come_in_any_order(paid: Order, bank: MemoryBank) -> None:
    now = utc_now()
    made, _ = refunding.record(paid, Wish(adjustment=1000), key="k", actor="ada", now=now)
    told = bank.create_refund(sending.params(made), key=made.idempotency_key)
    bank.returned["re_1"]["status"] = "pending"
    pending = bank.refund("re_1")
    refunding.import_refund(told, now=now)
    refunding.import_refund(pending, now=now)
    made.refresh_from_db()
    assert made.state == Refund.State.SUCCEEDED, "an old message changes nothing"
    refunding.import_refund(bank.send_back("re_1"), now=now)
    refunding.import_refund(told, now=now)
    made.refresh_from_db()
    assert made.state == Refund.State.FAILED
    assert ledger() == [("charge", 5490), ("refund", -1000), ("refund_failed", 1000)]


def test_a_refund_that_failed_before_we_heard_of_it_owes_nobody_anything(
    paid: Order, bank: MemoryBank
) -> None:
    bank.lost_answers = 1
    made = give(paid, Wish(adjustment=1000))
    refunding.import_refund(bank.send_back("re_1"), now=utc_now())
    made.refresh_from_db()
    assert (made.state, made.is_owed, made.credited) == (Refund.State.FAILED, False, 0)
    assert sums(paid) == (0, 0)
    assert sum(amount for _, amount in ledger()) == 5490
    assert not Invoice.objects.filter(kind="credit_note").exists()


def test_a_refund_made_in_stripes_dashboard_is_taken_in(paid: Order, bank: MemoryBank) -> None:
    told = bank.give_back({"payment_intent": "pi_cs_test_1", "amount": 1500, "reason": "duplicate"})
    for _ in range(3):
        made = refunding.import_refund(told, now=utc_now())
    assert made is not None
    assert (made.is_imported, made.actor, made.reason) == (True, "stripe", "duplicate")
    assert Refund.objects.count() == 1
    assert sums(paid) == (1500, 1500)
    assert ledger()[1:] == [("refund", -1500)]
    assert Invoice.objects.get(kind="credit_note").total == 1500
    assert "in Stripe's dashboard" in OrderEvent.objects.get(kind="refunded").message


def test_a_dashboard_refund_that_failed_before_we_saw_it_takes_no_sum(
    paid: Order, bank: MemoryBank
) -> None:
    bank.give_back({"payment_intent": "pi_cs_test_1", "amount": 1500})
    for _ in range(2):
        refunding.import_refund(bank.send_back("re_1"), now=utc_now())
    assert sums(paid) == (0, 0)
    assert ledger()[1:] == [("refund", -1500), ("refund_failed", 1500)]


def test_a_dashboard_refund_goes_before_one_of_ours_that_stripe_has_not_heard_of(
    paid: Order, bank: MemoryBank
) -> None:
    ours, _ = refunding.record(paid, Wish(adjustment=5000), key="k", actor="ada", now=utc_now())
    told = bank.give_back({"payment_intent": "pi_cs_test_1", "amount": 5490})
    theirs = refunding.import_refund(told, now=utc_now())
    ours.refresh_from_db()
    assert theirs is not None
    assert (ours.state, theirs.state) == (Refund.State.FAILED, Refund.State.SUCCEEDED)
    assert sums(paid) == (5490, 5490)


def test_more_given_back_at_stripe_than_we_know_of_is_an_error_not_a_shrug(
    paid: Order, bank: MemoryBank
) -> None:
    told = bank.give_back({"payment_intent": "pi_cs_test_1", "amount": 5490})
    Attempt.objects.update(captured=5000)
    with pytest.raises(refunding.Overdrawn):
        refunding.import_refund(told, now=utc_now())
    assert sums(paid) == (0, 0)


def test_a_refund_of_a_payment_we_have_not_settled_settles_it_first(
    order: Order, bank: MemoryBank
) -> None:
    bank.pay("cs_test_1")
    told = bank.give_back({"payment_intent": "pi_cs_test_1", "amount": 1500})
    made = refunding.import_refund(told, now=utc_now())
    order.refresh_from_db()
    assert made is not None
    assert order.is_paid
    assert order.refunded == 1500


def test_a_refund_of_another_shop_is_left_alone(paid: Order, bank: MemoryBank) -> None:
    told = bank.give_back({"payment_intent": "pi_cs_test_1", "amount": 1500})
    Attempt.objects.update(payment_intent="pi_other")
    bank.sessions["cs_test_1"]["metadata"] |= {"shop": "another"}
    assert refunding.import_refund(told, now=utc_now()) is None
    bank.sessions.clear()
    assert refunding.import_refund(told, now=utc_now()) is None
    assert not Refund.objects.exists()


def test_a_refund_whose_row_was_lost_is_written_again_with_its_lines(
    paid: Order, bank: MemoryBank
) -> None:
    made = give(paid, Wish([Piece(line(paid), 1, restock=True)], 490))
    key = made.idempotency_key
    Refund.objects.all().delete()
    Attempt.objects.update(refunded=0)
    Order.objects.update(refunded=0)
    again = refunding.import_refund(bank.refund("re_1"), now=utc_now())
    assert again is not None
    assert (again.idempotency_key, again.shipping, again.actor) == (key, 490, "recovery")
    assert list(again.lines.values_list("quantity", "amount", "is_restocked")) == [(1, 2500, True)]
    assert sums(paid) == (2990, 2990)


def test_an_imported_refund_is_never_sent(paid: Order, bank: MemoryBank) -> None:
    told = bank.give_back({"payment_intent": "pi_cs_test_1", "amount": 1500})
    refunding.import_refund(told, now=utc_now())
    Refund.objects.update(state=Refund.State.NEW)
    assert sending.repeat_waiting(now=utc_now() + timedelta(days=1)) == 0


def paid_twice(order: Order, bank: MemoryBank) -> list[Attempt]:
    other = attempts.open_attempt(order, now=utc_now(), n=2)
    attempts.start_session(other, now=utc_now())
    for session_id in ("cs_test_1", "cs_test_2"):
        bank.pay(session_id)
        settle(session_id, now=utc_now())
    return list(order.attempts.order_by("n"))


def test_the_second_payment_of_an_order_goes_back_without_a_credit_note(
    order: Order, bank: MemoryBank
) -> None:
    first, second = paid_twice(order, bank)
    made = give(order, Wish(adjustment=5490, attempt_id=first.pk, reason="duplicate"))
    assert (made.attempt, made.credited) == (first, 0)
    assert not Invoice.objects.filter(kind="credit_note").exists()
    order.refresh_from_db()
    rest = give(order, Wish([Piece(line(order), 2)]), key="rest")
    assert (rest.attempt, rest.credited) == (second, 5000)
    assert Invoice.objects.get(kind="credit_note").total == 5000


def test_everything_is_given_back_of_every_payment(order: Order, bank: MemoryBank) -> None:
    paid_twice(order, bank)
    order.refresh_from_db()
    for _ in range(2):
        made = refunding.refund_everything(order, key="all", actor="ada", now=utc_now())
    assert [each.amount for each in made] == [5490, 5490]
    assert [each.credited for each in made] == [5490, 0]
    assert portions.standing(order).left == 0
    assert refunding.refund_everything(order, key="more", actor="ada", now=utc_now()) == []


def test_what_never_left_the_shelf_does_not_go_back_on_it(paid: Order, bank: MemoryBank) -> None:
    Movement.objects.filter(reason="sold").update(on_hand_delta=-1)  # one of two was missing
    give(paid, Wish([Piece(line(paid), 2, restock=True)]))
    assert Movement.objects.get(reason="returned").on_hand_delta == 1


@pytest.mark.parametrize("failing", ["credit", "put_back", "enter"])
def test_a_crash_while_booking_leaves_all_or_nothing(
    paid: Order, bank: MemoryBank, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("crash in the middle")

    wish = Wish([Piece(line(paid), 1, restock=True)])
    with monkeypatch.context() as patch:
        patch.setattr(f"bodega.payments.repaying.{failing}", broken)
        with pytest.raises(RuntimeError):
            give(paid, wish)
    assert ledger() == [("charge", 5490)]
    assert Stock.objects.get().on_hand == 8
    assert sending.repeat_waiting(now=utc_now() + timedelta(minutes=2)) == 1
    assert (ledger()[-1], Stock.objects.get().on_hand) == (("refund", -2500), 9)
    assert len(bank.returned) == 1


def test_once_everything_is_given_back_nothing_is_owed_any_more(
    paid: Order, bank: MemoryBank
) -> None:
    first = give(paid, Wish(adjustment=1000))
    refunding.import_refund(bank.send_back("re_1"), now=utc_now())
    give(paid, Wish(adjustment=400), key="some")
    first.refresh_from_db()
    assert first.is_owed, "six of ten are still missing"
    refunding.refund_everything(paid, key="all", actor="ada", now=utc_now())
    first.refresh_from_db()
    assert not first.is_owed
    credited = Invoice.objects.filter(kind="credit_note").values_list("total", flat=True)
    assert sum(credited) == paid.total
