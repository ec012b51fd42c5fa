"""Which rate a class of goods has where."""

from collections.abc import Iterable

from django.db.models import CharField

from bodega.databases.prepared import Parameter, Prepared
from bodega.lib.text import fold
from bodega.taxes.amounts import NO_TAX, Rate
from bodega.taxes.models import TaxRate

# All of a country, the country's own rate first: there are a handful.
RATES = Prepared(
    lambda: (
        TaxRate.objects.filter(country=Parameter("country", CharField()))
        .order_by("region")
        .values_list("tax_class__code", "region", "name", "ppm")
    )
)


def rate_for(tax_class: str, country: str, region: str = "") -> Rate:
    """The rate of one class; `NO_TAX` where none is known."""
    return rates_for([tax_class], country, region)[tax_class]


def rates_for(tax_classes: Iterable[str], country: str, region: str = "") -> dict[str, Rate]:
    """The rate of every class (by its code) in a country, in one query.

    A region's own rate wins over the country's; regions are compared without case and accents, as
    people type them. A class without a rate there has `NO_TAX`.
    """
    found = dict.fromkeys(tax_classes, NO_TAX)
    place = fold(region.strip())
    for tax_class, where, name, ppm in RATES.rows(country=country.upper()):
        if tax_class in found and (not where or fold(where) == place):
            found[tax_class] = Rate(name, ppm)
    return found
