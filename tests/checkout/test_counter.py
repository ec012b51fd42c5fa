"""A cart at the counter."""

import pytest

from bodega.cart import changing
from bodega.checkout.counter import Counter
from bodega.discounts.models import Discount
from bodega.lib.clock import utc_now
from bodega.merchant.models import Merchant
from tests.till import Buyer

pytestmark = pytest.mark.django_db


def counter(buyer: Buyer, **answers: str) -> Counter:
    buyer.cart.refresh_from_db()
    return Counter(buyer.cart, answers or None, now=utc_now())


def test_the_country_is_what_was_answered_then_estimated_then_the_merchants_own(
    buyer: Buyer,
) -> None:
    assert counter(buyer).country == "DE"
    changing.set_country(buyer.cart, "US", utc_now())
    assert counter(buyer).country == "US"
    assert counter(buyer, country="DE").country == "DE"
    assert counter(buyer, country="XX").country == "US"


def test_a_merchant_who_does_not_send_at_home_offers_the_first_place(buyer: Buyer) -> None:
    Merchant.objects.update(country="FR")
    assert counter(buyer).country == "DE"


def test_a_method_that_does_not_go_there_is_replaced_by_one_that_does(buyer: Buyer) -> None:
    at_home = counter(buyer).bill.method
    assert at_home
    abroad = counter(buyer, country="US", method=str(at_home.method_id)).bill
    assert abroad.method
    assert abroad.method.price == 1990


def test_the_region_decides_the_tax_only_where_one_is_asked_for(buyer: Buyer) -> None:
    assert counter(buyer, country="US", region="CA").bill.totals.tax
    assert not counter(buyer, country="US", region="NY").bill.totals.tax


def test_a_code_typed_here_is_the_carts_code(buyer: Buyer) -> None:
    Discount.objects.create(code="TEN", percent=10)
    assert counter(buyer, code=" ten ").bill.totals.discount == 500
    assert counter(buyer).cart.code == "TEN"
    assert counter(buyer, email="a@b.c").bill.totals.discount == 500, "not asked: it stays"
    assert counter(buyer, code="").bill.totals.discount == 0


def test_a_code_once_per_customer_waits_for_the_address(buyer: Buyer) -> None:
    code = Discount.objects.create(code="HELLO", percent=10, once_per_customer=True)
    code.redemptions.create(reference="x", email="ada@example.com", at=utc_now())
    changing.set_code(buyer.cart, "HELLO", utc_now())
    assert not counter(buyer).bill.refusal
    assert "used the code" in counter(buyer, email="Ada@example.com").bill.refusal


def test_the_total_must_be_the_one_that_was_shown(buyer: Buyer) -> None:
    assert counter(buyer, total="5490").changed_total == ""
    assert "€54.90" in counter(buyer, total="5489").changed_total
    assert counter(buyer, total="1", update="country").changed_total == ""
    assert counter(buyer).changed_total == ""
