"""What it costs to send a cart somewhere."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import CharField

from bodega.databases.prepared import Parameter, Prepared
from bodega.shipping.models import Band, Method, ZoneCountry

COUNTRY = Parameter("country", CharField())
METHODS = Prepared(
    lambda: Method.objects.filter(is_active=True, zone__countries__country=COUNTRY).order_by(
        "position", "pk"
    )
)
BANDS = Prepared(
    lambda: Band.objects.filter(method__is_active=True, method__zone__countries__country=COUNTRY)
)
SERVED = Prepared(
    lambda: (
        ZoneCountry.objects.filter(zone__methods__is_active=True)
        .order_by("country")
        .values_list("country", flat=True)
        .distinct()
    )
)


@dataclass(frozen=True, slots=True)
class Quote:
    """A method as it is offered for one cart. `price` in minor units, tax as the shop's prices have it.

    `tax_class` is the code of a class, or empty: taxed as the goods.
    """

    method_id: int
    name: str
    description: str
    price: int
    min_days: int
    max_days: int
    tax_class: str
    is_pickup: bool

    @property
    def days(self) -> str:
        """Working days until it is there: "2–4", "1", or nothing for a pickup without a wait."""
        if self.min_days == self.max_days:
            return str(self.max_days) if self.max_days else ""
        return f"{self.min_days}–{self.max_days}"


def quotes(country: str, weight: int, goods_value: int, *, free: bool = False) -> list[Quote]:
    """The methods that serve `country` (ISO 3166, two letters) for a cart, in the merchant's order.

    `weight` in grams; `goods_value` in minor units, after discounts. Both choose bands, and the value
    also decides "free from". `free` is a discount code's free shipping: every method then costs nothing,
    but none is offered that would not carry the cart. Not served: an empty list. Two queries.
    """
    bands = defaultdict(list)
    for band in BANDS.rows(country=country):
        bands[band.method_id].append(band)
    offers = []
    for method in METHODS.rows(country=country):
        price = _price(method, bands[method.pk], weight, goods_value)
        if price is not None:
            offers.append(_quote(method, 0 if free else price))
    return offers


def served_countries() -> list[str]:
    """Codes of the countries at least one active method goes to, in alphabetical order."""
    return SERVED.rows()


def _price(method: Method, bands: Sequence[Band], weight: int, goods_value: int) -> int | None:
    """Minor units, or None when no band carries this cart."""
    band = _band(method, bands, weight, goods_value)
    if band is None:
        return 0 if method.basis == Method.Basis.PICKUP else None
    if method.free_over is not None and goods_value >= method.free_over:
        return 0
    return band.price


def _band(method: Method, bands: Sequence[Band], weight: int, goods_value: int) -> Band | None:
    """The band the cart falls into; of overlapping ones (an import's) the one that starts last."""
    measures: dict[str, int] = {Method.Basis.WEIGHT: weight, Method.Basis.PRICE: goods_value}
    measure = measures.get(method.basis, 0)
    fitting = [band for band in bands if band.holds(measure)]
    return max(fitting, key=lambda band: band.start, default=None)


def _quote(method: Method, price: int) -> Quote:
    return Quote(
        method_id=method.pk,
        name=method.name,
        description=method.description,
        price=price,
        min_days=method.min_days,
        max_days=method.max_days,
        tax_class=method.tax_class,
        is_pickup=method.basis == Method.Basis.PICKUP,
    )
