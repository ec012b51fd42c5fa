from decimal import Decimal

import pytest
from django.db.models import TextChoices
from hypothesis import given
from hypothesis import strategies as st

from bodega.jobs.arguments import MAX_BYTES, NotPlainData, TooLarge, decode, dump, encode

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc"), inner, max_size=3),
    max_leaves=10,
)


class Colour(TextChoices):
    RED = "red"


@given(st.lists(PLAIN, max_size=3), st.dictionaries(st.text("abc"), PLAIN, max_size=3))
def test_plain_data_arrives_as_it_was_given(args: list[object], kwargs: dict[str, object]) -> None:
    assert decode(encode("a.task", args, kwargs)) == (args, kwargs)


def test_tuples_and_choices_arrive_as_lists_and_text() -> None:
    assert decode(encode("a.task", [(1, 2), Colour.RED], {})) == ([[1, 2], "red"], {})


@pytest.mark.parametrize("value", [Decimal("1.5"), {1, 2}, float("nan"), object(), {1: "one"}])
def test_what_json_would_lose_is_refused_with_the_tasks_name(value: object) -> None:
    with pytest.raises(NotPlainData, match=r"The arguments of shop\.mails\.send"):
        encode("shop.mails.send", [value], {})


def test_there_is_a_limit_and_it_counts_bytes() -> None:
    just_fits = "é" * (MAX_BYTES // 2 - 1)
    assert dump(just_fits, "It")
    with pytest.raises(TooLarge, match=f"take {MAX_BYTES + 2} bytes, the limit is {MAX_BYTES}"):
        dump(just_fits + "é", "They")


def test_a_newer_releases_fields_are_ignored() -> None:
    assert decode('{"args": [1], "kwargs": {}, "trace": "x"}') == ([1], {})
