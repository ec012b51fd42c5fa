"""One sum for cart, checkout and order."""

import pytest
from pytest_django import DjangoAssertNumQueries

from bodega.cart import changing
from bodega.cart.basket import Basket
from bodega.cart.models import Cart
from bodega.cart.summing import Place, sum_up
from bodega.catalog.models import Stock
from bodega.discounts.models import Discount, Redemption
from bodega.merchant.models import Merchant
from bodega.shipping.models import Band, Method
from tests.cart.conftest import NOW, MakeVariant

DE, AT = Place("DE"), Place("AT")


def with_code(cart: Cart, code: str, **values: object) -> Basket:
    Discount.objects.create(code=code, **values)
    cart.code = code
    return Basket(cart)


def test_goods_shipping_and_the_tax_within(cart: Cart, served: dict[str, Method]) -> None:
    bill = sum_up(Basket(cart), DE, NOW)
    sums = bill.totals
    assert (sums.subtotal, sums.shipping, sums.total) == (2000, 490, 2490)
    assert [(str(row.rate), row.tax) for row in bill.taxes] == [("VAT 19 %", 319 + 78)]
    assert bill.method
    assert bill.method.name == "Parcel"
    assert bill.refusal == ""


def test_the_place_decides_shipping_and_taxes(cart: Cart, served: dict[str, Method]) -> None:
    bill = sum_up(Basket(cart), AT, NOW)
    assert bill.totals.total == 2990
    assert [str(row.rate) for row in bill.taxes] == ["VAT 20 %"]


def test_tax_comes_on_top_when_prices_exclude_it(cart: Cart, served: dict[str, Method]) -> None:
    Merchant.objects.update(prices_include_tax=False)
    sums = sum_up(Basket(cart), DE, NOW).totals
    assert sums.total == 2000 + 490 + 380 + 93


def test_a_mixed_cart_pairs_each_line_with_its_amounts(
    cart: Cart, served: dict[str, Method], make_variant: MakeVariant
) -> None:
    changing.add(cart.token, make_variant(price=999, tax_class="reduced").pk, 1, NOW)
    bill = sum_up(with_code(cart, "TEN", percent=10), DE, NOW)
    assert [(line.title, sums.discount, sums.rate.ppm) for line, sums in bill.lines] == [
        ("Dunes", 200, 190_000),
        ("Print 2", 100, 70_000),
    ]
    assert bill.totals.total == 2999 - 300 + 490
    assert sum(row.gross for row in bill.totals.summary) == bill.totals.total


def test_shipping_looks_at_the_value_after_the_discount(
    cart: Cart, served: dict[str, Method]
) -> None:
    Method.objects.update(free_over=2000)
    assert sum_up(Basket(cart), DE, NOW).totals.shipping == 0
    assert sum_up(with_code(cart, "TEN", percent=10), DE, NOW).totals.shipping == 490


def test_a_code_for_free_shipping_takes_nothing_off_the_goods(
    cart: Cart, served: dict[str, Method]
) -> None:
    bill = sum_up(with_code(cart, "POST", kind="free_shipping"), AT, NOW)
    assert (bill.totals.discount, bill.totals.shipping, bill.totals.total) == (0, 0, 2000)
    assert bill.discount


def test_a_code_that_stopped_holding_is_left_out_and_told(
    cart: Cart, served: dict[str, Method]
) -> None:
    bill = sum_up(with_code(cart, "BIG", percent=50, minimum=5000), DE, NOW)
    assert bill.discount is None
    assert bill.totals.discount == 0
    assert "€30.00 is still missing" in bill.refusal


def test_the_customers_address_matters_to_codes_for_one_use(
    cart: Cart, served: dict[str, Method]
) -> None:
    basket = with_code(cart, "ONCE", percent=50, once_per_customer=True)
    used = Discount.objects.get()
    Redemption.objects.create(discount=used, reference="1", email="ann@example.com", at=NOW)
    assert sum_up(basket, DE, NOW).discount == used
    assert "once per customer" in sum_up(basket, DE, NOW, email="Ann@example.com").refusal


def test_a_method_is_taken_by_its_id_and_only_where_it_is_offered(
    cart: Cart, served: dict[str, Method]
) -> None:
    basket = Basket(cart)
    pickup = sum_up(basket, DE, NOW, method_id=served["pickup"].pk)
    assert pickup.method
    assert pickup.method.is_pickup
    assert pickup.totals.total == 2000
    assert sum_up(basket, AT, NOW, method_id=served["pickup"].pk).method is None
    assert [offer.name for offer in pickup.quotes] == ["Pick up", "Parcel"]


def test_where_nothing_is_sent_there_is_no_method(cart: Cart, served: dict[str, Method]) -> None:
    bill = sum_up(Basket(cart), Place("FR"), NOW)
    assert (bill.method, bill.quotes, bill.totals.shipping) == (None, (), 0)
    assert bill.totals.total == 2000


def test_pickup_is_taken_unasked_only_when_there_is_nothing_else(
    cart: Cart, served: dict[str, Method]
) -> None:
    served["DE"].delete()
    bill = sum_up(Basket(cart), DE, NOW)
    assert bill.method
    assert bill.method.is_pickup


def test_shipping_with_a_tax_class_of_its_own_has_its_rate(
    cart: Cart, served: dict[str, Method]
) -> None:
    Method.objects.update(tax_class="reduced")
    bill = sum_up(Basket(cart), DE, NOW)
    assert [(str(row.rate), row.gross) for row in bill.taxes] == [
        ("VAT 19 %", 2000),
        ("VAT 7 %", 490),
    ]


def test_what_cannot_be_bought_is_neither_paid_nor_weighed(
    cart: Cart, served: dict[str, Method]
) -> None:
    Method.objects.update(basis=Method.Basis.WEIGHT)
    Band.objects.update(start=1)
    Stock.objects.update(on_hand=0)
    bill = sum_up(Basket(cart), DE, NOW)
    assert (bill.lines, bill.totals.total, bill.method) == ((), 0, None)


def test_a_bill_costs_at_most_five_queries(
    cart: Cart,
    served: dict[str, Method],
    make_variant: MakeVariant,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for tax_class in ["reduced", "standard", "unknown"]:
        changing.add(cart.token, make_variant(tax_class=tax_class).pk, 1, NOW)
    basket = with_code(cart, "ONCE", percent=50, once_per_customer=True)
    with django_assert_num_queries(5):
        sum_up(basket, DE, NOW, email="ann@example.com")


@pytest.mark.parametrize("currency", ["JPY", "KWD"])
def test_a_currency_of_other_digits_is_summed_in_its_own_units(
    cart: Cart, served: dict[str, Method], currency: str
) -> None:
    Merchant.objects.update(currency=currency)
    bill = sum_up(with_code(cart, "THIRD", percent=33), DE, NOW)
    assert bill.totals.total == 2000 - 660 + 490
