"""What a cart costs. The cart page, the checkout and the order all ask here, so they cannot disagree."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bodega.cart.basket import Basket, BasketLine
from bodega.discounts.checking import CodeRefused, check, value
from bodega.discounts.models import Discount
from bodega.shipping.quotes import Quote, quotes
from bodega.taxes.amounts import TaxedPart, TaxSum, Totals, totals
from bodega.taxes.rates import rates_for


@dataclass(frozen=True, slots=True)
class Place:
    """Where it is sent, which decides shipping and taxes. `country` is ISO 3166, two letters."""

    country: str
    region: str = ""


@dataclass(frozen=True, slots=True)
class Bill:
    """A cart summed up for one place and one method.

    `lines` pairs what is bought with its amounts. `refusal` says why the cart's code does not hold; the
    discount is then left out. `method` is None when nothing goes there, or not by the method asked for.
    """

    lines: tuple[tuple[BasketLine, TaxedPart], ...]
    totals: Totals
    quotes: tuple[Quote, ...]
    method: Quote | None
    discount: Discount | None
    refusal: str

    @property
    def taxes(self) -> tuple[TaxSum, ...]:
        """The rates worth showing to a customer."""
        return tuple(row for row in self.totals.summary if row.rate.ppm)


def sum_up(
    basket: Basket, place: Place, now: datetime, *, method_id: int | None = None, email: str = ""
) -> Bill:
    """The bill of a basket sent to `place`.

    Without `method_id` the merchant's first method that sends is taken (else the first). Weight bands
    see the goods' weight; price bands and "free from" see the goods' value after the discount. `email`
    matters to codes that work once per customer. At most five queries.
    """
    discount, refusal = _discount(basket, email, now)
    lines = basket.sold_lines
    shares = value(discount, [line.total for line in lines]) if discount else [0] * len(lines)
    offers = quotes(
        place.country,
        basket.weight,
        basket.subtotal - sum(shares),
        free=discount is not None and discount.is_free_shipping,
    )
    method = _choose(offers, method_id)
    sums = _totals(basket, shares, place, method)
    pairs = tuple(zip(lines, sums.lines, strict=True))
    return Bill(pairs, sums, tuple(offers), method, discount, refusal)


def _discount(basket: Basket, email: str, now: datetime) -> tuple[Discount | None, str]:
    if not basket.cart or not basket.cart.code:
        return None, ""
    try:
        return check(basket.cart.code, basket.subtotal, email, now), ""
    except CodeRefused as refused:
        return None, str(refused)


def _choose(offers: Sequence[Quote], method_id: int | None) -> Quote | None:
    if method_id is not None:
        return next((offer for offer in offers if offer.method_id == method_id), None)
    sent = [offer for offer in offers if not offer.is_pickup]
    return next(iter(sent or offers), None)


def _totals(basket: Basket, shares: Sequence[int], place: Place, method: Quote | None) -> Totals:
    shipping_class = method.tax_class if method else ""
    classes = {line.tax_class for line in basket.sold_lines} | ({shipping_class} - {""})
    rates = rates_for(sorted(classes), place.country, place.region)
    return totals(
        [(line.total, rates[line.tax_class]) for line in basket.sold_lines],
        shares,
        (method.price if method else 0, rates.get(shipping_class)),
        inclusive=basket.merchant.prices_include_tax,
    )
