"""The same form is the same order."""

import pytest

from bodega.checkout.keys import belongs, digest, new_key

CART = "0123456789abcdef0123456789abcdef"


def test_a_key_belongs_to_the_cart_it_was_made_for_and_to_no_other() -> None:
    key = new_key(CART)
    assert belongs(key, CART)
    assert not belongs(key, CART[::-1])
    assert not belongs(new_key(""), "")


@pytest.mark.parametrize("forged", ["", ".", "a.b", "ü.ü", "x" * 10_000, "\0.\0"])
def test_nobody_makes_one_up(forged: str) -> None:
    assert not belongs(forged, CART)


def test_a_key_that_was_tampered_with_is_none() -> None:
    nonce, _, signature = new_key(CART).partition(".")
    assert not belongs(f"{nonce}x.{signature}", CART)
    assert not belongs(f"{nonce}.{signature[:-1]}", CART)


def test_keys_are_never_the_same() -> None:
    assert len({new_key(CART) for _ in range(100)}) == 100


def test_the_digest_knows_key_and_answers_but_not_their_order() -> None:
    answers = [("name", ["Ada"]), ("city", ["Berlin"])]
    first = digest("k", answers)
    assert first == digest("k", reversed(answers))
    assert len(first) == 64
    assert first != digest("j", answers)
    assert first != digest("k", [("name", ["Ada "]), ("city", ["Berlin"])])
    assert digest("k", [("a", ["\ud800"])]), "a broken surrogate from a strange browser"
