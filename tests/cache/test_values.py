"""What a value becomes in the file, and what is never unpickled."""

import datetime
import pickle
from decimal import Decimal
from typing import Any

import pytest
from django.utils.safestring import SafeString, mark_safe
from hypothesis import given
from hypothesis import strategies as st

from bodega.cache.values import JSON, NATIVE, PICKLE, Codec, Unreadable

CODEC = Codec("secret")


def there_and_back(value: Any) -> Any:
    return CODEC.decode("key", *CODEC.encode("key", value))


@pytest.mark.parametrize("value", ["text", "Iñtërnâtiônàlizætiøn", "a\0b", b"\x00bytes", 7, -1.5])
def test_text_bytes_and_numbers_are_stored_as_they_are(value: Any) -> None:
    assert CODEC.encode("key", value) == (NATIVE, value)


@pytest.mark.parametrize(
    "value", [None, True, [], {"a": [1, None, "é"], "b": {"c": 1.5}}, "\ud800"]
)
def test_plain_structures_are_stored_as_json(value: Any) -> None:
    form, stored = CODEC.encode("key", value)
    assert form == JSON
    assert isinstance(stored, str)
    assert there_and_back(value) == value


@pytest.mark.parametrize(
    "value",
    [
        (1, 2),
        {1: "not a text key"},
        {"t": (1, 2)},
        {1, 2},
        Decimal("0.10"),
        datetime.date(2026, 1, 2),
        2**63,
        [2**63],
        bytearray(b"x"),
    ],
)
def test_what_json_would_change_is_pickled_and_comes_back_with_its_type(value: Any) -> None:
    assert CODEC.encode("key", value)[0] == PICKLE
    assert there_and_back(value) == value
    assert type(there_and_back(value)) is type(value)


def test_markup_that_is_safe_stays_safe() -> None:
    assert isinstance(there_and_back(mark_safe("<b>bold</b>")), SafeString)


def test_not_a_number_is_kept() -> None:
    value = there_and_back(float("nan"))
    assert value != value


def test_a_list_that_contains_itself_is_left_to_pickle() -> None:
    value: list[Any] = []
    value.append(value)
    again = there_and_back(value)
    assert again[0] is again


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(st.text(), inner)
        | st.tuples(inner, inner)
        | st.dictionaries(st.integers(), inner)
    ),
    max_leaves=15,
)


@given(PLAIN)
def test_every_value_comes_back_equal(value: Any) -> None:
    assert there_and_back(value) == value
    assert type(there_and_back(value)) is type(value)


def test_a_changed_pickle_is_unreadable() -> None:
    form, stored = CODEC.encode("key", (1, 2))
    assert isinstance(stored, bytes)
    with pytest.raises(Unreadable, match="not signed"):
        CODEC.decode("key", form, stored[:-1] + b"x")


def test_a_pickle_moved_from_another_key_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="not signed"):
        CODEC.decode("other", *CODEC.encode("key", (1, 2)))


exploded: list[int] = []


def explode() -> None:
    exploded.append(1)


class Bomb:
    """Runs code when unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return explode, ()


def test_a_strangers_pickle_is_never_loaded() -> None:
    stored = Codec("another secret").encode("key", Bomb())[1]
    for forged in (stored, pickle.dumps(Bomb()), b"", b"short"):
        with pytest.raises(Unreadable):
            CODEC.decode("key", PICKLE, forged)
    assert exploded == []


def test_the_same_pickle_signed_by_ourselves_would_be_loaded() -> None:
    exploded.clear()
    there_and_back(Bomb())  # the control of the test before: the bomb is live
    assert exploded == [1]
    exploded.clear()


@pytest.mark.parametrize(("form", "stored"), [(JSON, "{broken"), (JSON, 7), (PICKLE, 7), (9, None)])
def test_damage_is_unreadable_not_an_error(form: int, stored: Any) -> None:
    with pytest.raises(Unreadable):
        CODEC.decode("key", form, stored)


def test_a_class_that_is_gone_is_unreadable(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded = CODEC.encode("key", FakeModel())
    assert isinstance(CODEC.decode("key", *encoded), FakeModel)
    monkeypatch.delattr(f"{__name__}.FakeModel")
    with pytest.raises(Unreadable):
        CODEC.decode("key", *encoded)


class FakeModel:
    """Of a release before or after this one."""
