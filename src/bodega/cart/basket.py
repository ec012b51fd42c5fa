"""What is in a cart: lines with today's price and stock, and what the customer should be told."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import BigIntegerField, CharField, DateTimeField

from bodega.cart.models import Cart, CartLine
from bodega.catalog.models import Image, Product, Variant
from bodega.catalog.stock import Availability, availability
from bodega.databases.prepared import Parameter, Prepared
from bodega.merchant.models import Merchant

CART = Parameter("cart", BigIntegerField())
TOKEN = Parameter("token", CharField())
FIND = Prepared(
    lambda: Cart.objects.filter(token=TOKEN, expires_at__gt=Parameter("now", DateTimeField()))
)
LINES = Prepared(
    lambda: (
        CartLine.objects.filter(cart=CART)
        .select_related("variant__product", "variant__stock")
        .order_by("pk")
    )
)
IMAGES = Prepared(
    lambda: Image.objects.filter(
        product__in=CartLine.objects.filter(cart=CART).values("variant__product")
    )
)
QUANTITIES = Prepared(
    lambda: CartLine.objects.filter(cart__token=TOKEN).values_list("quantity", flat=True).order_by()
)


@dataclass(frozen=True, slots=True)
class Notice:
    """Something that changed since the customer chose.

    `is_blocking` ones must be settled before checkout; setting the line to `remedy` units settles each
    (0 removes it, and the same number takes note of a new price).
    """

    line_id: int
    sentence: str
    remedy: int
    is_blocking: bool


@dataclass(frozen=True, slots=True)
class BasketLine:
    """A line as it would be bought now. Money in minor units, weight in grams."""

    id: int
    variant: Variant
    quantity: int
    seen_price: int
    availability: Availability
    image: Image | None

    @property
    def title(self) -> str:
        return self.variant.product.title

    @property
    def options(self) -> str:
        """Its choices: "A3 / oak"; may be empty."""
        return self.variant.title

    @property
    def unit_price(self) -> int:
        return self.variant.price

    @property
    def total(self) -> int:
        return self.unit_price * self.quantity

    @property
    def weight(self) -> int:
        return self.variant.weight * self.quantity

    @property
    def tax_class(self) -> str:
        return self.variant.product.tax_class

    @property
    def is_sold(self) -> bool:
        """Whether it can be bought at all; a line that cannot is shown, but not counted."""
        return is_sold(self.variant) and self.availability.is_buyable

    @property
    def left(self) -> int | None:
        """How many there are, where that is fewer than wanted."""
        left = self.availability.left
        return left if left is not None and left < self.quantity else None


class Basket:
    """A cart and everything the page and the checkout need of it, in three queries."""

    def __init__(self, cart: Cart | None) -> None:
        self.cart = cart
        self.merchant = Merchant.current()
        self.lines = _load(cart) if cart else []

    @property
    def sold_lines(self) -> list[BasketLine]:
        """The lines that count: an order is made of these."""
        return [line for line in self.lines if line.is_sold]

    @property
    def subtotal(self) -> int:
        return sum(line.total for line in self.sold_lines)

    @property
    def weight(self) -> int:
        return sum(line.weight for line in self.sold_lines)

    @property
    def count(self) -> int:
        """Items in all; what the badge shows."""
        return sum(line.quantity for line in self.lines)

    @property
    def is_empty(self) -> bool:
        return not self.lines

    @property
    def is_orderable(self) -> bool:
        return bool(self.lines) and not any(notice.is_blocking for notice in self.notices)

    @property
    def notices(self) -> list[Notice]:
        """Sentences about lines that are gone, scarcer or priced differently, in the lines' order."""
        return [notice for line in self.lines for notice in _notices(line, self.merchant)]


def find(token: str, now: datetime) -> Cart | None:
    """The living cart of a cookie's token; anything may be in a cookie."""
    if len(token) != 32 or not token.isascii() or not token.isalnum():
        return None
    return FIND.first(token=token, now=now)


def count(token: str) -> int:
    """Items in all, for the badge alone."""
    return sum(QUANTITIES.rows(token=token))


def is_sold(variant: Variant) -> bool:
    """Whether the merchant offers it, in stock or not."""
    return variant.is_active and variant.product.status == Product.Status.ACTIVE


def name(variant: Variant) -> str:
    """How sentences call it: “Dunes (A3 / oak)”."""
    title = variant.product.title
    return f"“{title} ({variant.title})”" if variant.title else f"“{title}”"


def _load(cart: Cart) -> list[BasketLine]:
    rows = LINES.rows(cart=cart.pk)
    pictures = _pictures([row.variant for row in rows], IMAGES.rows(cart=cart.pk))
    return [
        BasketLine(
            id=row.pk,
            variant=row.variant,
            quantity=row.quantity,
            seen_price=row.seen_price,
            availability=availability(getattr(row.variant, "stock", None)),
            image=pictures.get(row.variant_id),
        )
        for row in rows
    ]


def _pictures(variants: Sequence[Variant], images: Iterable[Image]) -> dict[int, Image]:
    """For each variant its own first picture, else its product's first."""
    wanted = {variant.pk: variant.product_id for variant in variants}
    first: dict[int, Image] = {}
    own: dict[int, Image] = {}
    for image in images:
        first.setdefault(image.product_id, image)
        if image.variant_id:
            own.setdefault(image.variant_id, image)
    found = {pk: own.get(pk) or first.get(product) for pk, product in wanted.items()}
    return {pk: image for pk, image in found.items() if image}


def _notices(line: BasketLine, merchant: Merchant) -> Iterable[Notice]:
    what = name(line.variant)
    if not is_sold(line.variant):
        yield Notice(line.id, f"{what} is no longer sold.", 0, True)
    elif not line.availability.is_buyable:
        yield Notice(line.id, f"{what} is sold out at the moment.", 0, True)
    elif line.left is not None:
        are = "is" if line.left == 1 else "are"
        sentence = f"Only {line.left} of {what} {are} left; you wanted {line.quantity}."
        yield Notice(line.id, sentence, line.left, True)
    elif line.unit_price != line.seen_price:
        before, now = (
            merchant.money(amount).display(merchant.language)
            for amount in (line.seen_price, line.unit_price)
        )
        sentence = f"The price of {what} has changed from {before} to {now}."
        yield Notice(line.id, sentence, line.quantity, False)
