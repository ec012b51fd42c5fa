"""What an address needs, country by country, as the posts write it (Universal Postal Union, S42).

Countries that are not in the table may have a postcode and a region and need neither: a shop that asks
for a postcode where there is none loses the customer.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from babel import Locale

from bodega.checkout import regions
from bodega.lib.text import fold
from bodega.shipping import countries

# Two-letter codes of CLDR that are no country: unions, reserved and unknown ones.
NO_COUNTRY = frozenset({"EU", "EZ", "QO", "UN", "XA", "XB", "ZZ"})


@dataclass(frozen=True, slots=True)
class Rules:
    """How a country's addresses are asked for. `postcode` is a pattern for capitals without spaces
    around; empty: anything goes, or nothing."""

    postcode: str = ""
    example: str = ""
    postcode_label: str = "Postcode"
    region_label: str = ""
    region_choices: Mapping[str, str] = field(default_factory=dict)

    @property
    def needs_postcode(self) -> bool:
        return bool(self.postcode)

    @property
    def needs_region(self) -> bool:
        return bool(self.region_choices)


def digits(count: int, example: str, where: str) -> dict[str, Rules]:
    """The rule of countries whose postcodes are so many digits."""
    return dict.fromkeys(where.split(), Rules(rf"\d{{{count}}}", example))


ANYWHERE = Rules(region_label="State or region")
PLAIN = (
    digits(4, "1010", "AT BE BG CH CY DK HU LI LU NO NZ SI")
    | digits(5, "10115", "DE EE ES FI FR HR IT MC")
    | digits(6, "010011", "RO")
)
RULES: Mapping[str, Rules] = PLAIN | {
    "CZ": Rules(r"\d{3} ?\d{2}", "110 00"),
    "GR": Rules(r"\d{3} ?\d{2}", "104 31"),
    "GB": Rules(r"[A-Z]{1,2}\d[A-Z\d]? ?\d[A-Z]{2}", "SW1A 1AA"),
    "IE": Rules(postcode_label="Eircode"),
    "LT": Rules(r"(LT-?)?\d{5}", "01100"),
    "LV": Rules(r"(LV-?)?\d{4}", "LV-1010"),
    "MT": Rules(r"[A-Z]{3} ?\d{4}", "VLT 1117"),
    "NL": Rules(r"\d{4} ?[A-Z]{2}", "1012 AB"),
    "PL": Rules(r"\d{2}-?\d{3}", "00-001"),
    "PT": Rules(r"\d{4}-?\d{3}", "1000-001"),
    "SE": Rules(r"\d{3} ?\d{2}", "111 20"),
    "SK": Rules(r"\d{3} ?\d{2}", "811 01"),
    "JP": Rules(r"\d{3}-?\d{4}", "100-0001", region_label="Prefecture"),
    "US": Rules(r"\d{5}(-\d{4})?", "94103", "ZIP code", "State", regions.US),
    "CA": Rules(r"[A-Z]\d[A-Z] ?\d[A-Z]\d", "K1A 0B1", "Postal code", "Province", regions.CANADA),
    "AU": Rules(r"\d{4}", "2000", region_label="State", region_choices=regions.AUSTRALIA),
    "AE": Rules(region_label="Emirate"),
    "HK": Rules(region_label="District"),
}


def rules_for(country: str) -> Rules:
    """How addresses in `country` (ISO 3166, two letters) are asked for."""
    return RULES.get(country, ANYWHERE)


def postcode_problem(country: str, postcode: str) -> str:
    """A sentence about a postcode that cannot be right, or nothing. Case does not matter."""
    rules = rules_for(country)
    if not rules.postcode or not postcode:
        return ""
    if re.fullmatch(rules.postcode, postcode.upper(), re.ASCII):
        return ""
    return (
        f"That is no {rules.postcode_label.lower()} of this country; it looks like {rules.example}."
    )


@cache
def everywhere(language: str) -> list[tuple[str, str]]:
    """(code, name) of every country, for invoices, in the order of their names."""
    territories = map(str, Locale("en").territories)
    codes = {code for code in territories if len(code) == 2} - NO_COUNTRY
    named = [(code, countries.name(code, language)) for code in codes]
    return sorted(named, key=lambda choice: fold(choice[1]))
