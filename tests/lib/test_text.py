import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodega.lib.text import fold, slugify


@pytest.mark.parametrize(
    ("text", "folded"),
    [("Café", "cafe"), ("GRÖSSE", "grosse"), ("Straße", "strasse"), ("Łódź", "łodz")],
)
def test_case_and_accents_do_not_count(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_letter_by_letter_is_folding_the_whole(text: str) -> None:
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    assert fold(text) == "".join(c for c in decomposed if not unicodedata.combining(c))


@pytest.mark.parametrize(
    ("text", "slug"), [("Café & Tee", "cafe-tee"), ("  A3 / Oak  ", "a3-oak"), ("🌊", "")]
)
def test_a_slug_is_made_of_ascii_letters_digits_and_hyphens(text: str, slug: str) -> None:
    assert slugify(text) == slug


@given(st.text())
def test_making_a_slug_twice_changes_nothing(text: str) -> None:
    assert slugify(slugify(text)) == slugify(text)
