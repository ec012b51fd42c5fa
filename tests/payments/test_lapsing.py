"""Nothing is given up before Stripe was asked."""

from datetime import timedelta

import pytest

from bodega.catalog.models import Stock, Variant
from bodega.discounts.models import Discount
from bodega.lib.clock import utc_now
from bodega.orders.models import Order, OrderEvent
from bodega.payments import lapsing, stripe
from bodega.payments.describing import session_params
from bodega.payments.models import Attempt
from tests.till import Buyer, MemoryBank, drain

pytestmark = pytest.mark.django_db(databases=["default", "queue"])
HOUR = timedelta(hours=1)


def status_of(order: Order) -> str:
    order.refresh_from_db()
    return order.status


def test_an_order_past_its_reservation_is_given_up_after_stripe_ended_its_session(
    order: Order, bank: MemoryBank
) -> None:
    assert lapsing.lapse_overdue(now=utc_now() + HOUR) == 1
    assert bank.calls[-1] == "expire"
    assert status_of(order) == Order.Status.EXPIRED
    assert Attempt.objects.get().state == Attempt.State.EXPIRED
    assert Stock.objects.get().reserved == 0
    assert lapsing.lapse_overdue(now=utc_now() + HOUR) == 0


def test_before_that_it_is_left_alone(order: Order, bank: MemoryBank) -> None:
    calls = len(bank.calls)
    assert lapsing.lapse_overdue(now=utc_now()) == 0
    assert len(bank.calls) == calls
    assert status_of(order) == Order.Status.AWAITING_PAYMENT


def test_one_that_was_paid_in_the_last_moment_is_settled(order: Order, bank: MemoryBank) -> None:
    bank.pay("cs_test_1")
    lapsing.lapse_overdue(now=utc_now() + HOUR)
    assert status_of(order) == Order.Status.PAID
    assert Stock.objects.get().on_hand == 8


def test_money_on_its_way_keeps_the_order_and_its_stock(order: Order, bank: MemoryBank) -> None:
    bank.debit("cs_test_1")
    now = utc_now() + HOUR
    lapsing.lapse_overdue(now=now)
    assert status_of(order) == Order.Status.AWAITING_PAYMENT
    assert Stock.objects.get().reserved == 2
    assert lapsing.lapse_overdue(now=now) == 0, "it is asked about again later"
    assert lapsing.lapse_overdue(now=now + timedelta(days=15)) == 1
    assert lapsing.lapse_overdue(now=now + timedelta(days=15)) == 0
    assert status_of(order) == Order.Status.AWAITING_PAYMENT


def test_a_wrong_amount_is_not_swept_away(order: Order, bank: MemoryBank) -> None:
    bank.pay("cs_test_1", amount_total=1)
    lapsing.lapse_overdue(now=utc_now() + HOUR)
    assert status_of(order) == Order.Status.AWAITING_PAYMENT
    assert Attempt.objects.get().state == Attempt.State.DIFFERS


def test_nothing_is_given_up_while_stripe_does_not_answer(order: Order, bank: MemoryBank) -> None:
    bank.failures.append(stripe.StripeUnreachable("timeout"))
    with pytest.raises(stripe.StripeUnreachable):
        lapsing.lapse_overdue(now=utc_now() + HOUR)
    assert status_of(order) == Order.Status.AWAITING_PAYMENT
    assert Stock.objects.get().reserved == 2


def test_sessions_of_a_shop_that_was_moved_do_not_stop_the_line(
    order: Order, bank: MemoryBank
) -> None:
    bank.debit("cs_test_1")
    bank.sessions["cs_test_1"]["metadata"] |= {"environment": "demo"}
    lapsing.lapse_overdue(now=utc_now() + HOUR)
    assert status_of(order) == Order.Status.EXPIRED
    assert Attempt.objects.get().state == Attempt.State.FAILED


def unknown_order(buyer: Buyer, bank: MemoryBank) -> Order:
    bank.failures.append(stripe.StripeUnreachable("timeout"))
    assert buyer.order().status_code == 503
    return Order.objects.get()


def test_an_unknown_attempt_that_reached_stripe_and_was_paid_is_settled(
    buyer: Buyer, bank: MemoryBank
) -> None:
    order, attempt = unknown_order(buyer, bank), Attempt.objects.get()
    bank.make(session_params(attempt), attempt.idempotency_key)
    bank.pay("cs_test_1")
    lapsing.lapse_overdue(now=utc_now() + HOUR)
    assert status_of(order) == Order.Status.PAID


def test_an_unknown_attempt_that_never_reached_stripe_is_given_up(
    buyer: Buyer, bank: MemoryBank
) -> None:
    order = unknown_order(buyer, bank)
    bank.failures.append(stripe.StripeRefused("expires_at must be in the future"))
    lapsing.lapse_overdue(now=utc_now() + HOUR)
    assert status_of(order) == Order.Status.EXPIRED
    assert Attempt.objects.get().state == Attempt.State.FAILED


def test_an_unknown_attempt_is_given_up_at_last_when_no_session_of_it_could_live(
    buyer: Buyer, bank: MemoryBank
) -> None:
    order = unknown_order(buyer, bank)
    reserved_until = order.expires_at
    assert reserved_until
    bank.failures.append(stripe.StripeUnreachable("same key, other words"))
    with pytest.raises(stripe.StripeUnreachable):
        lapsing.lapse_overdue(now=reserved_until)
    bank.failures.append(stripe.StripeUnreachable("same key, other words"))
    lapsing.lapse_overdue(now=reserved_until + HOUR)
    assert status_of(order) == Order.Status.EXPIRED


def test_an_order_whose_payment_failed_is_given_up_without_asking(
    order: Order, bank: MemoryBank
) -> None:
    Attempt.objects.update(state=Attempt.State.FAILED)
    calls = len(bank.calls)
    lapsing.lapse_overdue(now=utc_now() + HOUR)
    assert status_of(order) == Order.Status.EXPIRED
    assert len(bank.calls) == calls


def test_the_code_can_be_used_again(buyer: Buyer, bank: MemoryBank) -> None:
    code = Discount.objects.create(code="ONCE", percent=10, limit=1)
    buyer.client.post("/cart/code/", {"code": "ONCE"})
    assert buyer.order().status_code == 303
    code.refresh_from_db()
    assert code.used == 1
    lapsing.lapse_overdue(now=utc_now() + HOUR)
    code.refresh_from_db()
    assert code.used == 0


def test_a_newer_checkout_takes_the_place_of_an_older_one_and_its_stock(
    bank: MemoryBank, variant: Variant
) -> None:
    Stock.objects.update(on_hand=2)
    buyer = Buyer.with_cart(variant, 2)
    form = buyer.form()
    buyer.client.post("/checkout/", form)
    first = Order.objects.get()
    assert buyer.client.post("/checkout/", form | {"street": "Other 2"}).status_code == 303
    assert status_of(first) == Order.Status.EXPIRED
    second = Order.objects.exclude(pk=first.pk).get()
    assert second.is_awaiting
    assert bank.sessions["cs_test_1"]["status"] == "expired"
    message = OrderEvent.objects.get(order=first, kind="expired").message
    assert message == "Replaced by a newer checkout"


def test_a_newer_checkout_finds_out_that_the_older_one_is_paid(
    order: Order, bank: MemoryBank, buyer: Buyer
) -> None:
    form = buyer.form()
    bank.pay("cs_test_1")
    response = buyer.client.post("/checkout/", form)
    assert response["Location"] == order.get_absolute_url()
    assert Order.objects.count() == 1
    assert status_of(order) == Order.Status.PAID


def test_a_newer_checkout_waits_while_stripe_does_not_answer(
    order: Order, bank: MemoryBank, buyer: Buyer
) -> None:
    form = buyer.form()
    bank.failures.append(stripe.StripeUnreachable("timeout"))
    response = buyer.client.post("/checkout/", form | {"name": "Grace"})
    assert response.status_code == 503
    assert b"Grace" in response.content
    assert Order.objects.count() == 1


def test_who_did_not_pay_in_time_is_told_gently_and_who_gave_up_is_not(
    order: Order, bank: MemoryBank
) -> None:
    late = utc_now() + timedelta(hours=1)
    lapsing.lapse(order, "Given up by the customer", now=late)
    drain()
    assert not order.mails.exists()
    Order.objects.update(status=Order.Status.AWAITING_PAYMENT)
    lapsing.lapse_overdue(now=late)
    drain()
    assert [mail.kind for mail in order.mails.all()] == ["expired"]
