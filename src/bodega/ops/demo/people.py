"""Invented customers: a name, an address, an e-mail at example.com."""

import json
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from random import Random
from typing import Any

from bodega.lib.text import slugify

NUMBER_FIRST = {"US", "GB", "FR"}  # 12 Rue Oberkampf, but Chausseestraße 12


@dataclass(frozen=True, slots=True)
class Person:
    """A customer with one address."""

    name: str
    email: str
    street: str
    postcode: str
    city: str
    country: str


def person(random: Random) -> Person:
    """Somebody new, from one of the countries the demo shop sells to."""
    known = census()
    country = random.choices(list(known), [place["share"] for place in known.values()])[0]
    first, last = random.choice(known[country]["first"]), random.choice(known[country]["last"])
    city, postcode, street = random.choice(known[country]["places"])
    number = random.randint(1, 120)
    return Person(
        name=f"{first} {last}",
        email=f"{slugify(first)}.{slugify(last)}{random.randint(1, 99)}@example.com",
        street=f"{number} {street}" if country in NUMBER_FIRST else f"{street} {number}",
        postcode=postcode,
        city=city,
        country=country,
    )


@cache
def census() -> dict[str, Any]:
    """By country: `share` of a hundred orders, `first` and `last` names, `places`."""
    found: dict[str, Any] = json.loads(
        (files("bodega.ops.demo") / "people.json").read_text("utf-8")
    )
    return found
