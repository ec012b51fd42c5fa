import pytest

from fakestripe.errors import ApiError
from fakestripe.metadata import MOST_KEYS, merged


def test_new_keys_join_the_old_ones() -> None:
    assert merged({"a": "1"}, {"b": "2"}) == {"a": "1", "b": "2"}


def test_an_empty_value_takes_its_key_away() -> None:
    assert merged({"a": "1", "b": "2"}, {"a": ""}) == {"b": "2"}


def test_an_empty_whole_takes_everything_away() -> None:
    assert merged({"a": "1"}, "") == {}


def test_nothing_given_changes_nothing() -> None:
    assert merged({"a": "1"}, None) == {"a": "1"}


def test_old_and_new_keys_together_keep_to_the_limit() -> None:
    full = {str(n): "v" for n in range(MOST_KEYS)}
    assert merged(full, {"0": "w"})["0"] == "w"
    with pytest.raises(ApiError, match="up to 50 keys"):
        merged(full, {"one more": "v"})
