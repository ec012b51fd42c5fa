"""docs/repeats.md names every address that takes a POST, and says what makes a repeat of it harmless.

An address takes POSTs when the owner's POST is not answered 405. The table's patterns are those of the
URL configuration: `*` is a part that varies there, `…` a word, the name of an app or a model.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from bodega.customers.models import User
from bodega.merchant.models import Merchant
from tests.api.conftest import Program, program

__all__ = ["program"]
PAGE = Path(__file__).parents[2] / "docs" / "repeats.md"
ROW = re.compile(r"^\| `/(.*?)` \| (.+) \|$", re.MULTILINE)
Pattern = URLPattern | URLResolver


def addresses(patterns: list[Pattern], before: str = "") -> Iterator[str]:
    """Every address below, with its converters: `cart/lines/<int:line_id>/`."""
    for pattern in patterns:
        here = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from addresses(pattern.url_patterns, here)
        else:
            yield here


def shown(address: str) -> str:
    """As in the table: every part that varies is a `*`."""
    return re.sub(r"<.*?>|\^.*$|\(.*$", "*", address)


ALL = {shown(address) for address in addresses(get_resolver().url_patterns)}


def is_about(row: str, address: str) -> bool:
    return re.fullmatch(re.escape(row).replace("…", "[a-z]+"), address) is not None


@pytest.fixture
def taking_posts(program: Program) -> set[str]:
    """The addresses that do not answer 405 to an owner with an API key."""
    owner = User.objects.create_superuser("owner@example.com", "a long enough one")
    Merchant.objects.create(pk=1, name="Prints", country="DE", currency="EUR")
    found = set()
    for address in ALL:
        program.client.force_login(owner)  # one of the addresses logs out
        path = "/" + address.replace("*", "1")
        if program.client.post(path, headers=program.headers).status_code != 405:
            found.add(address)
    return found


def unnamed(found: set[str], table: list[str]) -> set[str]:
    return {each for each in found if not any(is_about(row, each) for row in table)}


def rows() -> list[str]:
    return [pattern for pattern, _ in ROW.findall(PAGE.read_text())]


@pytest.mark.django_db(databases=["default", "queue"])
def test_every_address_that_takes_posts_is_in_the_table(taking_posts: set[str]) -> None:
    assert unnamed(taking_posts, rows()) == set()
    table = [row for row in rows() if row != "cart/lines/"]
    assert unnamed(taking_posts, table) == {"cart/lines/"}, "the control: one that is missing"


def test_no_row_is_about_an_address_that_is_gone() -> None:
    gone = [row for row in rows() if not any(is_about(row, address) for address in ALL)]
    assert gone == []
    assert len(rows()) > 25
