"""Countries as people read them."""

from functools import cache

from babel import Locale

from bodega.lib.text import fold
from bodega.shipping.quotes import served_countries


def name(country: str, language: str) -> str:
    """What people of `language` call it: DE is Germany or Deutschland; an unknown code stays."""
    return _names(language).get(country, country)


def choices(language: str) -> list[tuple[str, str]]:
    """(code, name) of every served country, in the order of their names. One query."""
    named = [(country, name(country, language)) for country in served_countries()]
    return sorted(named, key=lambda choice: fold(choice[1]))


@cache
def _names(language: str) -> dict[str, str]:
    locale = Locale.parse(language, sep="-" if "-" in language else "_")
    return dict(locale.territories)
