"""Taxes, shipping and discount codes of the demo shop. Prices in euro cents, weights in grams."""

from datetime import datetime, timedelta

from bodega.discounts.models import Discount
from bodega.shipping.models import Band, Method, Zone, ZoneCountry
from bodega.taxes.models import TaxClass, TaxRate

# Standard rates and the rates of works of art or the nearest reduced one, in tenths of a percent
# (European Commission, "VAT rates applied in the Member States"; a sample, not tax advice).
EUROPE = {
    "DE": (190, 70),
    "AT": (200, 130),
    "BE": (210, 60),
    "CZ": (210, 120),
    "DK": (250, 250),
    "ES": (210, 100),
    "FI": (255, 140),
    "FR": (200, 55),
    "IE": (230, 135),
    "IT": (220, 100),
    "LU": (170, 80),
    "NL": (210, 90),
    "PL": (230, 80),
    "PT": (230, 60),
    "SE": (250, 120),
}
WORLD = ("US", "GB", "CH", "NO", "CA", "JP")


def set_tariffs(now: datetime) -> None:
    """Write tax classes with their rates, zones with their methods, and the codes."""
    _taxes()
    _shipping()
    Discount.objects.bulk_create(_codes(now))


def _taxes() -> None:
    standard = TaxClass.objects.create(code="standard", name="Standard")
    reduced = TaxClass.objects.create(code="reduced", name="Reduced (limited editions)")
    rates = [
        TaxRate(tax_class=tax_class, country=country, ppm=tenths * 1_000)
        for country, pair in EUROPE.items()
        for tax_class, tenths in zip((standard, reduced), pair, strict=True)
    ]
    rates += [
        TaxRate(tax_class=tax_class, country=country, name="Export, no VAT", ppm=0)
        for country in WORLD
        for tax_class in (standard, reduced)
    ]
    TaxRate.objects.bulk_create(rates)


def _shipping() -> None:
    germany = _zone("Germany", 0, ["DE"])
    union = _zone("European Union", 1, [country for country in EUROPE if country != "DE"])
    world = _zone("World", 2, WORLD)
    _by_weight(germany, "Parcel", "Climate-neutral, with tracking", (490, 690, 1090), (2, 4), 8000)
    express = Method.objects.create(
        zone=germany,
        name="Express",
        description="Ordered by noon, there on the next working day",
        min_days=1,
        max_days=1,
        position=1,
    )
    Band.objects.create(method=express, start=0, price=1490)
    Method.objects.create(
        zone=germany,
        name="Pick up in the shop",
        description="Weserstraße 42, Berlin; we write when it is ready",
        basis=Method.Basis.PICKUP,
        min_days=1,
        max_days=2,
        position=2,
    )
    _by_weight(union, "Parcel to Europe", "With tracking", (990, 1490, 2490), (3, 7), 15000)
    _by_weight(
        world,
        "Tracked airmail",
        "Import duties are not included",
        (1990, 3490, 5990),
        (7, 14),
        None,
    )


def _zone(name: str, position: int, countries: list[str] | tuple[str, ...]) -> Zone:
    zone = Zone.objects.create(name=name, position=position)
    ZoneCountry.objects.bulk_create(
        ZoneCountry(zone=zone, country=country) for country in countries
    )
    return zone


def _by_weight(
    zone: Zone,
    name: str,
    description: str,
    prices: tuple[int, int, int],
    days: tuple[int, int],
    free_over: int | None,
) -> None:
    """A method for up to 1, 5 and 20 kg."""
    method = Method.objects.create(
        zone=zone,
        name=name,
        description=description,
        basis=Method.Basis.WEIGHT,
        free_over=free_over,
        min_days=days[0],
        max_days=days[1],
    )
    spans = ((0, 1_000), (1_001, 5_000), (5_001, 20_000))
    Band.objects.bulk_create(
        Band(method=method, start=start, end=end, price=price)
        for (start, end), price in zip(spans, prices, strict=True)
    )


def _codes(now: datetime) -> list[Discount]:
    kind = Discount.Kind
    return [
        Discount(code="WELCOME10", kind=kind.PERCENT, percent=10, once_per_customer=True),
        Discount(code="FREESHIP", kind=kind.FREE_SHIPPING, minimum=4000),
        Discount(code="FRAME15", kind=kind.FIXED, amount=1500, minimum=9000),
        Discount(code="PRESS50", kind=kind.PERCENT, percent=50, limit=5),
        Discount(
            code="AUTUMN20",
            kind=kind.PERCENT,
            percent=20,
            starts_at=now - timedelta(days=80),
            ends_at=now - timedelta(days=50),
        ),
    ]
