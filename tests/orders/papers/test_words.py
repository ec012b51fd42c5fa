"""What is printed beside the values, in the merchant's language."""

from string import Formatter

import pytest

from bodega.orders.papers.words import FALLBACK, Words, labels


def holes(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@pytest.mark.parametrize("language", sorted(labels()))
def test_every_language_has_every_label_with_the_same_placeholders(language: str) -> None:
    for name, text in labels()[FALLBACK].items():
        assert holes(labels()[language][name]) == holes(text), name
    assert labels()[language].keys() == labels()[FALLBACK].keys()


def test_another_language_gets_english_words_and_its_own_amounts() -> None:
    words = Words("fi", "EUR")
    assert words("invoice") == "Invoice"
    assert words.money(123_456).replace("\xa0", " ") == "1 234,56 €"


def test_rates_are_written_as_the_language_does() -> None:
    assert Words("de", "EUR").rate("USt", 88_750) == "USt 8,875\xa0%"
    assert Words("en", "USD").rate("", 190_000) == "19\xa0%"


def test_the_country_is_named_only_abroad() -> None:
    place = {"name": "Ada", "street": "Ring 1", "postcode": "1010", "city": "Wien", "country": "AT"}
    words = Words("de", "EUR")
    assert words.address(place, home="DE")[-1] == "Österreich"
    assert words.address(place, home="AT") == ["Ada", "Ring 1", "1010 Wien"]
