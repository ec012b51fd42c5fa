from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakestripe.errors import ApiError
from fakestripe.forms import MOST_FIELDS, decode


def test_brackets_nest() -> None:
    assert decode("a[b][c]=1&a[b][d]=2&e=3") == {"a": {"b": {"c": "1", "d": "2"}}, "e": "3"}


def test_list_items_are_numbered_with_and_without_a_number() -> None:
    assert decode("x[0][p]=a&x[1][p]=b&expand[]=c&expand[]=d") == {
        "x": {"0": {"p": "a"}, "1": {"p": "b"}},
        "expand": {"0": "c", "1": "d"},
    }


def test_values_keep_their_letters_and_blanks() -> None:
    assert decode("name=%C3%84pfel+%26+Birnen&empty=") == {"name": "Äpfel & Birnen", "empty": ""}


@pytest.mark.parametrize("broken", ["a[b=1", "[b]=1", "a]b=1", "a[b]c=1", "a[[b]]=1"])
def test_a_name_that_does_not_nest_is_refused(broken: str) -> None:
    with pytest.raises(ApiError, match="Invalid parameter name"):
        decode(broken)


@pytest.mark.parametrize("torn", ["a=1&a[b]=2", "a[b]=2&a=1"])
def test_a_name_with_both_a_value_and_parts_is_refused(torn: str) -> None:
    with pytest.raises(ApiError, match="both a value and parts"):
        decode(torn)


def test_too_many_parameters_are_refused() -> None:
    with pytest.raises(ApiError, match="parameters were sent"):
        decode("&".join(f"a{n}=1" for n in range(MOST_FIELDS + 1)))


@given(st.text())
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(ApiError):
        assert isinstance(decode(text), dict)
