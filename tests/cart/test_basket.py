"""What is in a cart, and what changed since it was put there."""

from datetime import timedelta

import pytest
from pytest_django import DjangoAssertNumQueries

from bodega.cart import changing
from bodega.cart.basket import Basket, find
from bodega.cart.models import Cart
from bodega.catalog.models import Image, Product, Stock, Variant
from tests.cart.conftest import NOW, MakeVariant


def sentences(cart: Cart) -> list[str]:
    return [notice.sentence for notice in Basket(cart).notices]


def test_a_basket_adds_up(cart: Cart, make_variant: MakeVariant) -> None:
    other = make_variant(price=250, weight=40)
    changing.add(cart.token, other.pk, 3, NOW)
    basket = Basket(cart)
    assert (basket.subtotal, basket.weight, basket.count) == (2750, 1120, 5)
    assert [(line.title, line.options, line.total) for line in basket.lines] == [
        ("Dunes", "A3 / oak", 2000),
        ("Print 2", "", 750),
    ]
    assert not basket.notices
    assert basket.is_orderable
    assert not basket.is_empty


def test_no_cart_is_an_empty_basket(merchant: object) -> None:
    basket = Basket(None)
    assert (basket.lines, basket.count, basket.subtotal) == ([], 0, 0)
    assert basket.is_empty
    assert not basket.is_orderable


def test_a_changed_price_is_told_and_does_not_block(cart: Cart, variant: Variant) -> None:
    Variant.objects.update(price=1100)
    basket = Basket(cart)
    assert sentences(cart) == ["The price of “Dunes (A3 / oak)” has changed from €10.00 to €11.00."]
    assert basket.subtotal == 2200  # today's price counts
    assert basket.is_orderable
    (notice,) = basket.notices
    changing.set_quantity(cart, notice.line_id, notice.remedy, NOW)
    assert sentences(cart) == []


def test_less_stock_than_wanted_is_told_and_blocks_until_settled(cart: Cart) -> None:
    Stock.objects.update(on_hand=1)
    basket = Basket(cart)
    assert sentences(cart) == ["Only 1 of “Dunes (A3 / oak)” is left; you wanted 2."]
    assert not basket.is_orderable
    (notice,) = basket.notices
    changing.set_quantity(cart, notice.line_id, notice.remedy, NOW)
    assert Basket(cart).is_orderable


def test_what_others_reserved_is_not_left(cart: Cart) -> None:
    Stock.objects.update(on_hand=10, reserved=9)
    assert sentences(cart) == ["Only 1 of “Dunes (A3 / oak)” is left; you wanted 2."]


@pytest.mark.parametrize("reason", ["product", "variant", "stock"])
def test_what_cannot_be_bought_any_more_is_shown_but_not_counted(
    cart: Cart, make_variant: MakeVariant, reason: str
) -> None:
    other = make_variant(price=250)
    changing.add(cart.token, other.pk, 1, NOW)
    if reason == "product":
        Product.objects.filter(title="Dunes").update(status=Product.Status.ARCHIVED)
    elif reason == "variant":
        Variant.objects.filter(title="A3 / oak").update(is_active=False)
    else:
        Stock.objects.exclude(variant=other).update(on_hand=0)
    basket = Basket(cart)
    gone = "sold out at the moment" if reason == "stock" else "no longer sold"
    assert sentences(cart) == [f"“Dunes (A3 / oak)” is {gone}."]
    assert (basket.subtotal, basket.count, len(basket.lines)) == (250, 3, 2)
    assert [line.variant for line in basket.sold_lines] == [other]
    assert not basket.is_orderable
    (notice,) = basket.notices
    changing.set_quantity(cart, notice.line_id, notice.remedy, NOW)
    assert Basket(cart).is_orderable


def test_backorders_and_untracked_goods_never_run_out(make_variant: MakeVariant) -> None:
    cart = changing.add("", make_variant(on_hand=0, may_backorder=True).pk, 5, NOW)
    changing.add(cart.token, make_variant(on_hand=0, is_tracked=False).pk, 5, NOW)
    assert Basket(cart).is_orderable


def test_a_variant_without_a_stock_row_is_sold_out(cart: Cart) -> None:
    Stock.objects.all().delete()
    assert sentences(cart) == ["“Dunes (A3 / oak)” is sold out at the moment."]


def test_a_line_shows_its_own_picture_else_the_products_first(
    cart: Cart, variant: Variant, make_variant: MakeVariant
) -> None:
    product = variant.product
    sibling = make_variant(product="unused", title="A4")
    Variant.objects.filter(pk=sibling.pk).update(product=product)
    changing.add(cart.token, sibling.pk, 1, NOW)
    for file, position, of in [("second", 2, None), ("first", 1, None), ("own", 3, variant)]:
        picture = {"original": f"originals/{file}", "width": 4, "height": 5, "position": position}
        Image.objects.bulk_create([Image(product=product, variant=of, **picture)])
    assert [str(line.image.original) for line in Basket(cart).lines if line.image] == [
        "originals/own",
        "originals/first",
    ]


def test_a_cart_is_found_by_its_token_while_it_lives(cart: Cart) -> None:
    assert find(cart.token, NOW) == cart
    assert find(cart.token, NOW + changing.LIFETIME - timedelta(seconds=1)) == cart
    assert find(cart.token, NOW + changing.LIFETIME) is None


@pytest.mark.parametrize("token", ["", "x", "0" * 32, "\0" * 32, "é" * 32, "a" * 10_000])
def test_anything_else_in_the_cookie_is_no_cart(cart: Cart, token: str) -> None:
    assert find(token, NOW) is None


def test_any_number_of_lines_is_loaded_in_four_queries(
    cart: Cart, make_variant: MakeVariant, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for _ in range(6):
        changing.add(cart.token, make_variant().pk, 1, NOW)
    with django_assert_num_queries(4):
        basket = Basket(find(cart.token, NOW))
        assert len(basket.lines) == 7
        assert basket.subtotal == 8000
        assert [line.image for line in basket.lines] == [None] * 7
        assert basket.is_orderable
