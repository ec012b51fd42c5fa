"""Back from Stripe, paid or not."""

import pytest

from bodega.catalog.models import Stock
from bodega.orders.models import Order
from bodega.payments import stripe
from bodega.payments.models import Attempt, LedgerEntry
from tests.till import Buyer, MemoryBank

pytestmark = pytest.mark.django_db(databases=["default", "queue"])
RETURN = "/payments/return/?session_id=cs_test_1"


def test_the_success_page_settles_at_once_and_shows_the_order(
    order: Order, bank: MemoryBank, buyer: Buyer
) -> None:
    bank.pay("cs_test_1")
    response = buyer.client.get(RETURN)
    assert (response.status_code, response["Location"]) == (303, order.get_absolute_url())
    order.refresh_from_db()
    assert order.is_paid
    assert response.cookies["cart_count"].value == "0"


def test_a_guessed_success_page_makes_nothing_paid(
    order: Order, bank: MemoryBank, buyer: Buyer
) -> None:
    assert buyer.client.get(RETURN).status_code == 303
    order.refresh_from_db()
    assert not order.is_paid
    assert not LedgerEntry.objects.exists()


@pytest.mark.parametrize("session_id", ["", "cs_", "cs_test_9", "x", "cs_%0a", "cs_" + "x" * 200])
def test_a_session_nobody_knows_is_not_found(
    order: Order, bank: MemoryBank, buyer: Buyer, session_id: str
) -> None:
    response = buyer.client.get("/payments/return/", {"session_id": session_id})
    assert response.status_code == 404


def test_while_stripe_is_silent_the_orders_page_waits(
    order: Order, bank: MemoryBank, buyer: Buyer
) -> None:
    bank.failures.append(stripe.StripeUnreachable("timeout"))
    assert buyer.client.get(RETURN)["Location"] == order.get_absolute_url()


def test_while_stripe_is_silent_an_order_we_lost_is_waited_for(
    order: Order, bank: MemoryBank, buyer: Buyer
) -> None:
    Attempt.objects.all().delete()
    bank.failures.append(stripe.StripeUnreachable("timeout"))
    response = buyer.client.get(RETURN)
    assert response.status_code == 503
    assert b"your order is safe" in response.content


def test_the_cancelled_page_keeps_order_and_cart(order: Order, buyer: Buyer) -> None:
    response = buyer.client.get(f"/payments/cancelled/{order.public_id}/")
    assert b"Nothing was charged" in response.content
    assert order.number.encode() in response.content
    order.refresh_from_db()
    assert order.is_awaiting
    assert buyer.cart.lines.exists()


def test_the_cancelled_page_of_a_paid_order_is_the_order(order: Order, buyer: Buyer) -> None:
    Order.objects.update(status=Order.Status.PAID)
    response = buyer.client.get(f"/payments/cancelled/{order.public_id}/")
    assert response["Location"] == order.get_absolute_url()


def test_the_button_goes_on_to_the_same_session(
    order: Order, bank: MemoryBank, buyer: Buyer
) -> None:
    response = buyer.client.post(f"/payments/sessions/{order.public_id}/")
    assert (response.status_code, response["Location"]) == (303, "https://bank.example/1")
    assert len(bank.sessions) == 1


def test_a_payment_that_could_not_be_started_is_started_by_the_button(
    buyer: Buyer, bank: MemoryBank
) -> None:
    bank.failures += [stripe.StripeUnreachable("timeout")] * 2
    response = buyer.order()
    order = Order.objects.get()
    assert response.status_code == 503
    address = f"/payments/sessions/{order.public_id}/"
    assert f'action="{address}"' in response.content.decode()
    assert buyer.client.post(address).status_code == 503
    assert b"could not be started" in buyer.client.get(address).content
    assert buyer.client.post(address)["Location"] == "https://bank.example/1"
    assert Attempt.objects.count() == 1


def test_the_customer_may_give_an_order_up_to_change_it(
    order: Order, bank: MemoryBank, buyer: Buyer
) -> None:
    response = buyer.client.post(f"/payments/cancellations/{order.public_id}/")
    assert response["Location"] == "/cart/"
    order.refresh_from_db()
    assert order.status == Order.Status.EXPIRED
    assert Stock.objects.get().reserved == 0
    assert bank.sessions["cs_test_1"]["status"] == "expired"


def test_an_order_that_is_paid_meanwhile_cannot_be_given_up(
    order: Order, bank: MemoryBank, buyer: Buyer
) -> None:
    bank.pay("cs_test_1")
    response = buyer.client.post(f"/payments/cancellations/{order.public_id}/")
    assert response["Location"] == order.get_absolute_url()
    order.refresh_from_db()
    assert order.is_paid


@pytest.mark.parametrize("kind", ["cancelled", "sessions", "cancellations"])
def test_an_address_nobody_was_given_is_not_found(
    buyer: Buyer, bank: MemoryBank, kind: str
) -> None:
    method = buyer.client.get if kind == "cancelled" else buyer.client.post
    assert method(f"/payments/{kind}/{'0' * 32}/").status_code == 404


def test_a_cancellation_is_never_a_link(order: Order, buyer: Buyer) -> None:
    assert buyer.client.get(f"/payments/cancellations/{order.public_id}/").status_code == 405


def test_these_pages_are_nobody_elses_business(order: Order, buyer: Buyer) -> None:
    response = buyer.client.get(f"/payments/cancelled/{order.public_id}/")
    assert "no-store" in response["Cache-Control"]
    assert "noindex" in response["X-Robots-Tag"]
    assert response["Referrer-Policy"] == "same-origin"
