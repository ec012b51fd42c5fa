from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fakestripe.cards import (
    ACCOUNTS,
    CARDS,
    DECLINES,
    NAMED,
    card,
    card_faults,
    digits,
    expiry_parts,
    luhn,
    named,
)

JULY_2030 = datetime(2030, 7, 15, tzinfo=UTC).timestamp()


@pytest.mark.parametrize("number", CARDS)
def test_every_test_card_passes_the_form(number: str) -> None:
    assert card_faults(number, "07/30", "123", JULY_2030) == {}


@pytest.mark.parametrize("number", CARDS)
def test_one_wrong_digit_does_not_pass(number: str) -> None:
    changed = number[:-1] + str((int(number[-1]) + 1) % 10)
    assert not luhn(changed)
    assert "card" in card_faults(changed, "07/30", "123", JULY_2030)


def test_every_decline_has_words_for_the_buyer() -> None:
    assert {known.decline for known in CARDS.values() if known.decline} <= set(DECLINES)


def test_a_real_card_is_declined_because_this_is_a_test() -> None:
    assert card("4111111111111111").decline == "test_mode_live_card"


@pytest.mark.parametrize(
    ("expiry", "parts"),
    [("12/34", (12, 2034)), ("12 / 2034", (12, 2034)), ("0130", (1, 2030)), ("12", (0, 0)),
     ("٠١/30", (0, 0)), ("", (0, 0))],
)  # fmt: skip
def test_an_expiry_date_is_read_as_people_write_it(expiry: str, parts: tuple[int, int]) -> None:
    assert expiry_parts(expiry) == parts


@pytest.mark.parametrize("expiry", ["06/30", "07/29", "13/31", "00/31", "soon"])
def test_a_past_or_impossible_expiry_is_refused(expiry: str) -> None:
    assert set(card_faults("4242424242424242", expiry, "123", JULY_2030)) == {"expiry"}


@pytest.mark.parametrize("cvc", ["", "12", "12345", "abc", "١٢٣"])
def test_a_security_code_has_three_or_four_digits(cvc: str) -> None:
    assert set(card_faults("4242424242424242", "07/30", cvc, JULY_2030)) == {"cvc"}


def test_blanks_and_dashes_in_a_number_do_not_matter() -> None:
    assert digits("4242 4242-4242\u00a04242") == "4242424242424242"
    assert digits("de89 3704 0044 0532 0130 00") in ACCOUNTS


@given(st.text(), st.text(), st.text())
def test_whatever_is_typed_is_judged_and_nothing_breaks(number: str, expiry: str, cvc: str) -> None:
    faults = card_faults(digits(number), expiry, cvc, JULY_2030)
    assert set(faults) <= {"card", "expiry", "cvc"}


def test_stripes_names_lead_to_known_cards_only() -> None:
    assert set(NAMED.values()) <= set(CARDS)
    assert named("pm_card_visa") == named("tok_visa") == "4242424242424242"
    assert named("visa") is named("pm_card_none") is named("pm_visa") is None
