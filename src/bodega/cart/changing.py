"""Changing a cart. Every change keeps it alive for another `LIFETIME`; a refused one changes nothing."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import BigIntegerField, F

from bodega.cart.basket import Basket, find, is_sold, name
from bodega.cart.models import Cart, CartLine
from bodega.catalog.models import Variant
from bodega.catalog.stock import availability
from bodega.databases.prepared import Parameter, Prepared
from bodega.discounts.checking import check
from bodega.shipping.quotes import served_countries

ARTICLE = Prepared(
    lambda: Variant.objects.filter(pk=Parameter("variant", BigIntegerField())).select_related(
        "product", "stock"
    )
)
LIFETIME = timedelta(days=30)
MAX_QUANTITY = 99  # of one article
MAX_LINES = 98  # Stripe takes 100; shipping and tax need one each


class CartRefused(ValueError):
    """The cart stays as it was; the text is a sentence for the customer."""


class LineMissing(LookupError):
    """No such line in this cart."""


def add(token: str, variant_id: int, quantity: int, now: datetime) -> Cart:
    """`put` for whoever has only the variant's id."""
    return put(token, article(variant_id), quantity, now)


def article(variant_id: int) -> Variant:
    """A variant with its product and stock. Raises CartRefused when there is none."""
    variant = ARTICLE.first(variant=variant_id)
    if variant is None:
        raise CartRefused("This article is no longer sold.")
    return variant


def put(token: str, variant: Variant, quantity: int, now: datetime) -> Cart:
    """Put `quantity` (≥ 1) more of a variant into the cart of `token`, or into a new one.

    Raises CartRefused when it is not sold, or there are not so many, or the cart is full.
    """
    most = _most(variant)
    if quantity > most:
        raise _too_many(variant, most, 0)
    with transaction.atomic():
        cart = find(token, now)
        if cart is None:
            cart = _new(now)
            cart.lines.create(variant=variant, quantity=quantity, seen_price=variant.price)
        else:
            _add(cart, variant, quantity, most)
            _keep(cart, now)
    return cart


def set_quantity(cart: Cart, line_id: int, quantity: int, now: datetime) -> None:
    """Have exactly `quantity` of a line, at today's price; 0 removes it.

    Raises LineMissing when it is not in this cart, CartRefused as `add` does.
    """
    if quantity == 0:
        return remove(cart, line_id, now)
    line = (
        cart.lines.filter(pk=line_id).select_related("variant__product", "variant__stock").first()
    )
    if line is None:
        raise LineMissing(line_id)
    most = _most(line.variant)
    if quantity > most:
        raise _too_many(line.variant, most, 0)
    with transaction.atomic():
        changed = cart.lines.filter(pk=line_id)
        if not changed.update(quantity=quantity, seen_price=line.variant.price):
            raise LineMissing(line_id)
        _keep(cart, now)
    return None


def remove(cart: Cart, line_id: int, now: datetime) -> None:
    """Take a line out. Raises LineMissing."""
    with transaction.atomic():
        if not cart.lines.filter(pk=line_id).delete()[0]:
            raise LineMissing(line_id)
        _keep(cart, now)


def set_code(cart: Cart, code: str, now: datetime, email: str = "") -> None:
    """Remember a discount code that holds for the cart as it is; an empty one forgets it.

    Raises discounts.checking.CodeRefused; the code remembered before stays then.
    """
    if code.strip():
        code = check(code, Basket(cart).subtotal, email, now).code
    Cart.objects.filter(pk=cart.pk).update(code=code.strip(), expires_at=now + LIFETIME)
    cart.code = code.strip()


def set_country(cart: Cart, country: str, now: datetime) -> None:
    """Remember where it would be sent, for estimates. Raises CartRefused for a place not served."""
    if country not in served_countries():
        raise CartRefused("We do not ship there. Please choose a country from the list.")
    Cart.objects.filter(pk=cart.pk).update(country=country, expires_at=now + LIFETIME)
    cart.country = country


def clear(cart: Cart) -> None:
    """Empty the cart: what was in it has become an order. The country stays."""
    with transaction.atomic():
        cart.lines.all().delete()
        Cart.objects.filter(pk=cart.pk).update(code="")
    cart.code = ""


def _add(cart: Cart, variant: Variant, quantity: int, most: int) -> None:
    line, is_new = CartLine.objects.get_or_create(
        cart=cart, variant=variant, defaults={"quantity": 0, "seen_price": variant.price}
    )
    if is_new and cart.lines.count() > MAX_LINES:
        raise CartRefused(f"The cart is full: it holds at most {MAX_LINES} different articles.")
    room = CartLine.objects.filter(pk=line.pk, quantity__lte=most - quantity)
    if not room.update(quantity=F("quantity") + quantity, seen_price=variant.price):
        raise _too_many(variant, most, line.quantity)


def _new(now: datetime) -> Cart:
    """A cart of its own, never under a token the browser sent: somebody else may know that one."""
    return Cart.objects.create(token=secrets.token_hex(16), expires_at=now + LIFETIME)


def _keep(cart: Cart, now: datetime) -> None:
    Cart.objects.filter(pk=cart.pk).update(expires_at=now + LIFETIME)


def _most(variant: Variant) -> int:
    """How many of it a cart may hold. Raises CartRefused when it is none."""
    if not is_sold(variant):
        raise CartRefused(f"{name(variant)} is no longer sold.")
    standing = availability(getattr(variant, "stock", None))
    if not standing.is_buyable:
        raise CartRefused(f"{name(variant)} is sold out at the moment.")
    return MAX_QUANTITY if standing.left is None else min(MAX_QUANTITY, standing.left)


def _too_many(variant: Variant, most: int, held: int) -> CartRefused:
    already = f"; you have {held} in your cart already" if held else ""
    if most == MAX_QUANTITY:
        return CartRefused(f"At most {most} of {name(variant)} can be ordered at once{already}.")
    are = "is" if most == 1 else "are"
    return CartRefused(f"Only {most} of {name(variant)} {are} left{already}.")
