"""Recorded, started at Stripe, recorded again."""

from datetime import timedelta

import pytest

from bodega.catalog.models import Stock
from bodega.lib.clock import utc_now
from bodega.orders.models import Order, OrderEvent
from bodega.payments import attempts, identity, stripe
from bodega.payments.describing import session_params
from bodega.payments.models import Attempt
from tests.till import Buyer, MemoryBank

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def test_an_attempt_is_recorded_before_stripe_hears_of_it(buyer: Buyer, bank: MemoryBank) -> None:
    seen: list[str] = []

    def look(params: object, *, key: str) -> object:
        seen.extend(Attempt.objects.values_list("state", flat=True))
        return bank.make(params, key)

    bank.create_session = look
    buyer.order()
    assert seen == [Attempt.State.NEW]
    assert Attempt.objects.get().state == Attempt.State.OPEN


def test_the_key_names_shop_order_and_try(order: Order) -> None:
    key = Attempt.objects.get().idempotency_key
    assert key == f"{identity.shop()}-{order.public_id}-1-session"


def test_a_session_outlives_the_reservation_within_stripes_bounds(order: Order) -> None:
    attempt = Attempt.objects.get()
    assert order.expires_at
    assert attempt.expires_at == order.expires_at + attempts.GRACE
    now = utc_now()
    order.expires_at = now
    assert attempts.open_attempt(order, now=now, n=2).expires_at == now + attempts.SHORTEST
    order.expires_at = now + timedelta(days=3)
    assert attempts.open_attempt(order, now=now, n=3).expires_at == now + attempts.LONGEST


def test_starting_again_gives_the_same_address_without_asking(
    order: Order, bank: MemoryBank
) -> None:
    attempt, calls = Attempt.objects.get(), len(bank.calls)
    first = attempts.start_session(attempt, now=utc_now())
    assert attempts.start_session(attempt, now=utc_now()) == first == "https://bank.example/1"
    assert len(bank.calls) == calls


def test_an_answer_that_was_lost_is_unknown_and_repeated_with_the_same_key(
    buyer: Buyer, bank: MemoryBank
) -> None:
    bank.failures.append(stripe.StripeUnreachable("timeout"))
    assert buyer.order().status_code == 503
    attempt = Attempt.objects.get()
    assert (attempt.state, attempt.error) == (Attempt.State.UNKNOWN, "timeout")
    bank.make(session_params(attempt), attempt.idempotency_key)  # it had arrived after all
    attempts.start_session(attempt, now=utc_now())
    assert len(bank.sessions) == 1
    attempt.refresh_from_db()
    assert (attempt.state, attempt.error) == (Attempt.State.OPEN, "")


def test_a_refusal_gives_the_order_up_because_nobody_can_pay_it(
    buyer: Buyer, bank: MemoryBank
) -> None:
    bank.failures.append(stripe.StripeRefused("The amount is too small."))
    response = buyer.order()
    order = Order.objects.get()
    assert response["Location"] == order.get_absolute_url()
    assert order.status == Order.Status.EXPIRED
    assert Attempt.objects.get().state == Attempt.State.FAILED
    assert Stock.objects.get().reserved == 0
    assert OrderEvent.objects.filter(kind="payment_refused", is_public=False).exists()


def test_a_refused_repetition_is_a_new_attempt_because_the_first_never_arrived(
    buyer: Buyer, bank: MemoryBank
) -> None:
    bank.failures.append(stripe.StripeUnreachable("timeout"))
    buyer.order()
    order = Order.objects.get()
    bank.failures.append(stripe.StripeRefused("expires_at must be 30 minutes from now"))
    response = buyer.client.post(f"/payments/sessions/{order.public_id}/")
    assert response["Location"] == "https://bank.example/1"
    assert [(a.n, a.state) for a in Attempt.objects.order_by("n")] == [(1, "failed"), (2, "open")]
    order.refresh_from_db()
    assert order.is_awaiting
    assert Stock.objects.get().reserved == 2


def test_a_double_click_that_stripe_holds_off_takes_the_other_requests_address(
    order: Order, bank: MemoryBank
) -> None:
    stale = Attempt.objects.get()
    stale.state, stale.session_id = Attempt.State.NEW, None
    bank.failures.append(stripe.StripeUnreachable("another request is using this key"))
    assert attempts.start_session(stale, now=utc_now()) == "https://bank.example/1"
    assert Attempt.objects.get().state == Attempt.State.OPEN


def test_the_last_attempt_is_gone_on_with(order: Order) -> None:
    assert attempts.payable(order, now=utc_now()).n == 1
    assert Attempt.objects.count() == 1


def test_a_failed_one_is_followed_by_a_new_one_and_the_stock_is_held(order: Order) -> None:
    Attempt.objects.update(state=Attempt.State.FAILED)
    now = utc_now() + timedelta(days=2)
    assert attempts.payable(order, now=now).n == 2
    order.refresh_from_db()
    assert order.expires_at == now + timedelta(minutes=30)


@pytest.mark.parametrize("state", [Attempt.State.PROCESSING, Attempt.State.DIFFERS])
def test_money_on_its_way_is_not_asked_for_twice(order: Order, state: str) -> None:
    Attempt.objects.update(state=state)
    with pytest.raises(attempts.NotPayable):
        attempts.payable(order, now=utc_now())


def test_an_order_that_is_over_is_not_paid_for(order: Order) -> None:
    Order.objects.update(status=Order.Status.EXPIRED)
    order.refresh_from_db()
    with pytest.raises(attempts.NotPayable):
        attempts.payable(order, now=utc_now())
