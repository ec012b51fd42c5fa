"""The property of the whole shop (design 5.5): whatever a day brings, in the end every charge is exactly
one paid order, refunds agree to the cent, and nothing that is not there was promised."""

import logging
import random
from collections.abc import Iterator
from typing import Any

import pytest

from bodega.payments import opening, stripe
from bodega.payments.models import LedgerEntry
from bodega.payments.reconciling.differences import open_ones
from tests.stories.days import Bank, Day, open_bank, put_back, snapshot
from tests.till import open_shop, stocked

pytestmark = [
    pytest.mark.django_db(transaction=True, databases=["default", "queue"]),
    pytest.mark.slow,
]
BLOCKS, DAYS, STEPS = 10, 50, 14


@pytest.fixture(scope="module")
def bank() -> Iterator[Bank]:
    with open_bank() as opened:
        yield opened


@pytest.fixture
def days(bank: Bank, settings: Any) -> Iterator[Any]:
    """Days by their number, each in a shop that has just opened, with six of its only article."""
    settings.FAKESTRIPE_URL = bank.handle.base_url
    logging.getLogger("httpx").setLevel(logging.WARNING)
    stripe._client.cache_clear()
    open_shop()
    variant = stocked(on_hand=6)
    fresh = snapshot()

    def day(number: int) -> Day:
        bank.handle.reset()
        put_back(fresh)
        opening.forget()
        return Day(bank, variant, random.Random(number))

    yield day
    stripe._client.cache_clear()
    opening.forget()


@pytest.mark.parametrize("block", range(BLOCKS))
def test_every_charge_becomes_exactly_one_paid_order(days: Any, block: int) -> None:
    charges = 0
    for number in range(block * DAYS, (block + 1) * DAYS):
        day = days(number)
        day.live(STEPS)
        day.converge()
        told = day.told(f"day {number}")
        assert not day.differences(), f"{day.differences()}\n{told}"
        assert open_ones() == 0, told
        day.check_shelf()
        charges += LedgerEntry.objects.filter(kind=LedgerEntry.Kind.CHARGE).count()
    assert charges > DAYS, "hardly anything was bought: these days prove nothing"


def test_without_the_sweeper_days_end_with_differences(days: Any) -> None:
    """The control."""
    ended_badly = 0
    for number in range(20):
        day = days(number)
        day.live(STEPS)
        ended_badly += bool(day.differences())
    assert ended_badly > 5
