"""Every change of a cart, and every change that is refused."""

from collections.abc import Callable
from datetime import datetime, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection

from bodega.cart import changing
from bodega.cart.changing import LIFETIME, MAX_LINES, MAX_QUANTITY, CartRefused, LineMissing
from bodega.cart.models import Cart, CartLine
from bodega.catalog.models import Product, Stock, Variant
from bodega.discounts.checking import CodeRefused
from bodega.discounts.models import Discount
from bodega.merchant.models import Merchant
from bodega.shipping.models import Method
from tests.cart.conftest import NOW, MakeVariant

LATER = NOW + timedelta(days=3)


def quantities(cart: Cart) -> list[int]:
    return list(cart.lines.values_list("quantity", flat=True))


def line_of(cart: Cart) -> CartLine:
    return cart.lines.get()


def test_the_first_article_makes_a_cart_with_an_unguessable_token(variant: Variant) -> None:
    cart = changing.add("", variant.pk, 1, NOW)
    other = changing.add("", variant.pk, 1, NOW)
    assert len(cart.token) == 32
    assert int(cart.token, 16) >= 0
    assert cart.token != other.token
    assert cart.expires_at == NOW + LIFETIME


def test_a_token_the_browser_made_up_is_never_taken_over(variant: Variant) -> None:
    known_to_an_attacker = "a" * 32
    assert changing.add(known_to_an_attacker, variant.pk, 1, NOW).token != known_to_an_attacker


def test_an_expired_cart_is_not_revived(cart: Cart, variant: Variant) -> None:
    assert changing.add(cart.token, variant.pk, 1, NOW + LIFETIME) != cart


def test_adding_again_adds_up_at_todays_price(cart: Cart, variant: Variant) -> None:
    Variant.objects.update(price=1200)
    assert changing.add(cart.token, variant.pk, 3, LATER) == cart
    assert (line_of(cart).quantity, line_of(cart).seen_price) == (5, 1200)


def test_every_change_keeps_the_cart_alive(cart: Cart, variant: Variant) -> None:
    changes: list[Callable[[datetime], object]] = [
        lambda now: changing.add(cart.token, variant.pk, 1, now),
        lambda now: changing.set_quantity(cart, line_of(cart).pk, 1, now),
        lambda now: changing.set_code(cart, "", now),
        lambda now: changing.remove(cart, line_of(cart).pk, now),
    ]
    for day, change in enumerate(changes, start=1):
        change(NOW + timedelta(days=day))
        cart.refresh_from_db()
        assert cart.expires_at == NOW + timedelta(days=day) + LIFETIME


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda: Stock.objects.update(on_hand=0), "is sold out at the moment"),
        (lambda: Variant.objects.update(is_active=False), "is no longer sold"),
        (lambda: Product.objects.update(status=Product.Status.DRAFT), "is no longer sold"),
        (lambda: Variant.objects.exclude(title="A3 / oak").delete(), "is no longer sold"),
    ],
)
def test_what_is_not_sold_cannot_be_added_and_nothing_is_lost(
    cart: Cart, make_variant: MakeVariant, change: Callable[[], object], sentence: str
) -> None:
    other = make_variant()
    change()
    with pytest.raises(CartRefused, match=sentence):
        changing.add(cart.token, other.pk, 1, NOW)
    assert quantities(cart) == [2]


def test_no_cart_is_made_for_what_is_refused(make_variant: MakeVariant) -> None:
    with pytest.raises(CartRefused, match="sold out"):
        changing.add("", make_variant(on_hand=0).pk, 1, NOW)
    assert not Cart.objects.exists()


def test_more_than_there_is_cannot_be_added(cart: Cart, variant: Variant) -> None:
    with pytest.raises(CartRefused, match=r"Only 10 of .* are left; you have 2 in your cart"):
        changing.add(cart.token, variant.pk, 9, NOW)
    with pytest.raises(CartRefused, match=r"Only 10 of .* are left\.$"):
        changing.add(cart.token, variant.pk, 11, NOW)
    changing.add(cart.token, variant.pk, 8, NOW)
    assert quantities(cart) == [10]


def test_an_article_is_limited_and_the_limit_is_told(make_variant: MakeVariant) -> None:
    variant = make_variant(on_hand=1000)
    cart = changing.add("", variant.pk, MAX_QUANTITY, NOW)
    with pytest.raises(CartRefused, match=r"At most 99 of .*; you have 99 in your cart already"):
        changing.add(cart.token, variant.pk, 1, NOW)
    with pytest.raises(CartRefused, match="At most 99"):
        changing.set_quantity(cart, line_of(cart).pk, 100, NOW)
    assert quantities(cart) == [99]


def test_the_number_of_articles_is_limited_and_the_limit_is_told(
    cart: Cart, variant: Variant, make_variant: MakeVariant
) -> None:
    template = make_variant()
    others = Variant.objects.bulk_create(
        Variant(product=template.product, sku=f"bulk-{number}", price=1)
        for number in range(MAX_LINES - 1)
    )
    CartLine.objects.bulk_create(
        CartLine(cart=cart, variant=other, seen_price=1) for other in others
    )
    with pytest.raises(CartRefused, match="at most 98 different articles"):
        changing.add(cart.token, template.pk, 1, NOW)
    assert cart.lines.count() == MAX_LINES
    changing.add(cart.token, variant.pk, 1, NOW)  # more of what is in it still fits


def test_a_quantity_is_set_at_todays_price(cart: Cart) -> None:
    Variant.objects.update(price=1300)
    changing.set_quantity(cart, line_of(cart).pk, 7, NOW)
    assert (line_of(cart).quantity, line_of(cart).seen_price) == (7, 1300)


def test_zero_removes_and_so_does_remove(cart: Cart, make_variant: MakeVariant) -> None:
    changing.add(cart.token, make_variant().pk, 1, NOW)
    first, second = cart.lines.all()
    changing.set_quantity(cart, first.pk, 0, NOW)
    changing.remove(cart, second.pk, NOW)
    assert quantities(cart) == []


def test_what_is_gone_can_be_removed_but_not_changed(cart: Cart) -> None:
    Variant.objects.update(is_active=False)
    with pytest.raises(CartRefused, match="no longer sold"):
        changing.set_quantity(cart, line_of(cart).pk, 1, NOW)
    changing.set_quantity(cart, line_of(cart).pk, 0, NOW)
    assert quantities(cart) == []


def test_anothers_line_is_as_missing_as_none(cart: Cart, variant: Variant) -> None:
    other = changing.add("", variant.pk, 1, NOW)
    for quantity in (0, 1):
        with pytest.raises(LineMissing):
            changing.set_quantity(cart, line_of(other).pk, quantity, NOW)
    with pytest.raises(LineMissing):
        changing.remove(cart, 10**30, NOW)
    assert quantities(other) == [1]


def test_a_code_is_remembered_in_capitals_once_it_holds(cart: Cart) -> None:
    Discount.objects.create(code="SPRING", percent=10)
    changing.set_code(cart, " spring ", NOW)
    cart.refresh_from_db()
    assert cart.code == "SPRING"
    with pytest.raises(CodeRefused):
        changing.set_code(cart, "nonsense", NOW)
    cart.refresh_from_db()
    assert cart.code == "SPRING"
    changing.set_code(cart, "  ", NOW)
    cart.refresh_from_db()
    assert cart.code == ""


def test_only_a_country_that_is_served_is_remembered(cart: Cart, served: dict[str, Method]) -> None:
    changing.set_country(cart, "AT", NOW)
    with pytest.raises(CartRefused, match="do not ship there"):
        changing.set_country(cart, "FR", NOW)
    assert Cart.objects.get().country == cart.country == "AT"


def test_a_cleared_cart_is_empty_but_keeps_its_place(cart: Cart) -> None:
    Cart.objects.update(code="SPRING", country="AT")
    changing.clear(cart)
    kept = Cart.objects.get()
    assert (kept.token, kept.code, kept.country, quantities(kept)) == (cart.token, "", "AT", [])


@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_once_are_one_line_with_both() -> None:
    Merchant.objects.get_or_create(pk=1)
    product = Product.objects.create(title="Dunes", slug="dunes", status=Product.Status.ACTIVE)
    variant = Variant.objects.create(product=product, sku="D", price=100)
    Stock.objects.update_or_create(variant=variant, defaults={"on_hand": 5})
    cart = changing.add("", variant.pk, 1, NOW)
    start, refused = Barrier(6), []

    def click() -> None:
        start.wait()
        try:
            changing.add(cart.token, variant.pk, 1, NOW)
        except CartRefused as refusal:
            refused.append(str(refusal))
        finally:
            connection.close()

    threads = [Thread(target=click) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert quantities(cart) == [5]
    assert refused == ["Only 5 of “Dunes” are left; you have 5 in your cart already."] * 2
