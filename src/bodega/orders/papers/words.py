"""The words printed on papers, in the languages we speak; dates, countries and percentages by Babel.

A merchant of another language gets English words and her own way of writing amounts and dates.
"""

import json
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any

from babel import Locale, UnknownLocaleError
from babel.dates import format_date
from babel.numbers import format_decimal

from bodega.lib.money import Money

PPM_PER_PERCENT = 10_000
FALLBACK = "en"


class Words:
    """How a paper speaks: its labels, and how it writes values of one currency."""

    def __init__(self, language: str, currency: str) -> None:
        """`language` as the merchant has it ("de", "fr-CH"); `currency` ISO 4217."""
        self.language = language
        self.currency = currency
        try:
            self._locale = Locale.parse(language.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            self._locale = Locale(FALLBACK)
        self._labels = labels().get(self._locale.language) or labels()[FALLBACK]

    def __call__(self, name: str, **values: Any) -> str:
        """The label of a name, with values put in."""
        return self._labels[name].format(**values)

    def money(self, amount: int) -> str:
        """Minor units, as people of the language write them."""
        return Money(amount, self.currency).display(str(self._locale)).replace("-", "–")

    def date(self, day: str) -> str:
        """An ISO day: "2026-11-25" → "25 Nov 2026"."""
        return str(format_date(date.fromisoformat(day), "medium", self._locale))

    def number(self, count: int) -> str:
        return str(format_decimal(count, locale=self._locale))

    def rate(self, name: str, ppm: int) -> str:
        """A tax rate: "VAT 8.875 %" or, in German, "USt 8,875 %"."""
        percent = format_decimal(ppm / PPM_PER_PERCENT, "0.####", self._locale)
        return f"{name} {percent}\u00a0%".strip()

    def country(self, code: str) -> str:
        return str(self._locale.territories.get(code, code))

    def address(self, place: dict[str, str], *, home: str) -> list[str]:
        """The lines of an address; the country only when it is not the seller's."""
        town = " ".join(filter(None, (place.get("postcode"), place.get("city"))))
        country = place.get("country", "")
        lines = [place.get(field, "") for field in ("company", "name", "street", "extra")]
        lines += [town, place.get("region", "")]
        lines.append(self.country(country) if country != home else "")
        return [line for line in lines if line]


@cache
def labels() -> dict[str, dict[str, str]]:
    """Language → name → label, from `words.json`."""
    told: dict[str, dict[str, str]] = json.loads(
        (files(__package__) / "words.json").read_text("utf-8")
    )
    return told
