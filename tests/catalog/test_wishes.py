"""What a visitor wishes is read from an address and written back; nonsense is ignored."""

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from bodega.catalog.wishes import SORTS, Wishes, parse

SLUGS = st.text("abcdefgh123-_", min_size=1, max_size=12)
WISHES = st.builds(
    Wishes,
    values=st.dictionaries(SLUGS, st.frozensets(SLUGS, min_size=1, max_size=3), max_size=3),
    low=st.none() | st.integers(0, 999_999_900),
    high=st.none() | st.integers(0, 999_999_900),
    in_stock=st.booleans(),
    sort=st.sampled_from(list(SORTS)),
    page=st.integers(1, 9_999_999),
)


def read(query: str, currency: str = "EUR") -> Wishes:
    return parse(QueryDict(query), currency)


def test_everything_that_can_be_wished() -> None:
    assert read(
        "filter=style:abstract&filter=style:geometric&filter=colour:blue"
        "&min=20&max=80.50&stock=1&sort=price-desc&page=3"
    ) == Wishes(
        values={"style": frozenset({"abstract", "geometric"}), "colour": frozenset({"blue"})},
        low=2000,
        high=8050,
        in_stock=True,
        sort="price-desc",
        page=3,
    )


@pytest.mark.parametrize(
    "query",
    ["", "page=abc", "page=0", "page=-1", "page=1.5", "page=²", "page=99999999999", "sort=DROP",
     "min=abc", "min=-5", "min=1e999999", "max=NaN", "max=Infinity", "max=0x10", "max=1.2345",
     "max=12345678901", "min=٣", "stock=yes", "filter=", "filter=:", "filter=style", "filter=a:b:c",
     "filter=a:%00", "filter=" + "a" * 31 + ":b", "colour=blue", "utm_source=x", "min=1.005"],
)  # fmt: skip
def test_nonsense_is_no_wish(query: str) -> None:
    assert read(query) == Wishes()


def test_amounts_are_read_as_people_write_them() -> None:
    assert read("min=12,5").low == 1250
    assert read("min=%20007%20").low == 700
    assert read("min=100", "JPY").low == 100
    assert read("min=1.5", "JPY").low is None


@given(wishes=WISHES)
def test_what_is_written_is_read_again(wishes: Wishes) -> None:
    assert read(wishes.query("EUR")) == wishes


@given(query=st.text(max_size=200))
def test_no_query_breaks_it(query: str) -> None:
    wishes = read(query)
    assert wishes.page >= 1
    assert wishes.sort in SORTS


def test_taking_a_wish_back_keeps_the_others_and_starts_on_page_one() -> None:
    wishes = read("filter=style:abstract&filter=style:geometric&filter=colour:blue&min=1&page=4")
    assert wishes.without("style", "abstract") == read(
        "filter=style:geometric&filter=colour:blue&min=1"
    )
    assert "colour" not in wishes.without("colour", "blue").values
    assert wishes.without(low=None).low is None


def test_other_parameters_come_first() -> None:
    assert Wishes(page=2).query("EUR", q="blue sea") == "q=blue+sea&page=2"
    assert Wishes().query("EUR", q="") == ""


def test_many_filters_are_cut() -> None:
    query = "&".join(f"filter=style:s{number}" for number in range(500))
    assert len(read(query).values["style"]) == 30
