"""Whether a code holds, said in a sentence, and what it takes off."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodega.discounts.checking import CodeRefused, check, value
from bodega.discounts.models import Discount, Redemption
from tests.discounts.conftest import NOW, MakeDiscount

HOUR = timedelta(hours=1)
FIXED, FREE_SHIPPING = Discount.Kind.FIXED, Discount.Kind.FREE_SHIPPING


@pytest.mark.parametrize("typed", ["SPRING", "spring", " Spring\t"])
def test_a_code_is_known_in_any_case(make_discount: MakeDiscount, typed: str) -> None:
    discount = make_discount("SPRING")
    assert check(typed, 1, "", NOW) == discount


@pytest.mark.parametrize("typed", ["SPRIN", "", "x" * 10_000, "a\0b", "💐", "' OR 1=1"])
def test_an_unknown_code_is_refused_with_what_was_typed(
    make_discount: MakeDiscount, typed: str
) -> None:
    make_discount("SPRING")
    with pytest.raises(CodeRefused, match="We do not know the code") as refused:
        check(typed, 1, "", NOW)
    assert typed[:30] in str(refused.value)
    assert len(str(refused.value)) < 120


def test_a_code_holds_from_its_start_until_its_end(make_discount: MakeDiscount) -> None:
    make_discount("X", starts_at=NOW, ends_at=NOW + HOUR)
    with pytest.raises(CodeRefused, match="valid from 1 March 2026, 12:00 on"):
        check("X", 1, "", NOW - timedelta(microseconds=1))
    assert check("X", 1, "", NOW).code == "X"
    with pytest.raises(CodeRefused, match="was valid until 1 March 2026, 13:00"):
        check("X", 1, "", NOW + HOUR)


def test_a_code_that_is_switched_off_is_refused(make_discount: MakeDiscount) -> None:
    make_discount("X", is_active=False)
    with pytest.raises(CodeRefused, match="not in use at the moment"):
        check("X", 1, "", NOW)


def test_the_missing_amount_is_told(make_discount: MakeDiscount) -> None:
    make_discount("X", minimum=5000)
    with pytest.raises(CodeRefused, match=r"worth €50.00 or more; €0.01 is still missing"):
        check("X", 4999, "", NOW)
    assert check("X", 5000, "", NOW).code == "X"


def test_a_code_that_is_used_up_is_refused(make_discount: MakeDiscount) -> None:
    make_discount("X", limit=2, used=1)
    assert check("X", 1, "", NOW).code == "X"
    Discount.objects.update(used=2)
    with pytest.raises(CodeRefused, match="has been used up"):
        check("X", 1, "", NOW)


def test_once_per_customer_goes_by_the_e_mail_address(make_discount: MakeDiscount) -> None:
    once, often = make_discount("ONCE", once_per_customer=True), make_discount("OFTEN")
    for number, discount in enumerate([once, often]):
        Redemption.objects.create(
            discount=discount, reference=str(number), email="ann@example.com", at=NOW
        )
    with pytest.raises(CodeRefused, match="once per customer"):
        check("ONCE", 1, " Ann@Example.com ", NOW)
    assert check("ONCE", 1, "bob@example.com", NOW) == once
    assert check("ONCE", 1, "", NOW) == once  # not known yet: the checkout asks again
    assert check("OFTEN", 1, "ann@example.com", NOW) == often


lines = st.lists(st.integers(0, 10**9), max_size=12)


@given(lines, st.integers(1, 100))
def test_a_percentage_is_taken_exactly_once_over_all_lines(totals: list[int], percent: int) -> None:
    shares = value(Discount(percent=percent), totals)
    # the nearest minor unit of the whole; a half goes to the customer
    assert sum(shares) == (2 * sum(totals) * percent + 100) // 200
    assert all(0 <= share <= total for share, total in zip(shares, totals, strict=True))


@given(lines, st.integers(1, 10**10))
def test_an_amount_is_taken_once_and_never_more_than_the_goods(
    totals: list[int], amount: int
) -> None:
    shares = value(Discount(kind=FIXED, amount=amount), totals)
    assert sum(shares) == min(amount, sum(totals))
    assert all(0 <= share <= total for share, total in zip(shares, totals, strict=True))


def test_examples_of_shares() -> None:
    assert value(Discount(percent=10), [1000, 500, 5]) == [100, 50, 1]
    assert value(Discount(percent=100), [1, 2, 3]) == [1, 2, 3]
    assert value(Discount(kind=FIXED, amount=100), [50, 25]) == [50, 25]
    assert value(Discount(kind=FREE_SHIPPING), [1000, 500]) == [0, 0]
    assert value(Discount(percent=10), []) == []
