"""What is compared after a storm: every kind of loss, and everything that is there twice, is seen."""

from dataclasses import replace
from typing import Any

import pytest

from bodega.ops.drill.storm.comparing import Order, by_session, compare, was_committed
from bodega.ops.drill.storm.memory import Purchase, Repeat

ORDER = Order("a1", "paid", 4900, "cart-1", 100.0, lines={"7": 2}, sessions=["cs_1"])
CHARGE = {"amount": 4900, "metadata": {"order": "a1"}}
PURCHASE = Purchase("cart-1", {"7": 2}, "cs_1", is_charged=True, order="a1")
JOURNAL = {"a1": {"placed", "paid"}}


def verdict(**other: Any) -> tuple[list[str], list[str]]:
    """Of a street where all is well, except for what is said."""
    known = {"orders": {"a1": ORDER}, "charges": [CHARGE], "purchases": [PURCHASE]} | other
    found = compare(**{"journal": JOURNAL, **known})
    return found.lost, found.doubled


def with_order(**other: Any) -> dict[str, Order]:
    return {"a1": replace(ORDER, **other)}


def test_a_street_where_all_is_well_has_nothing_to_complain_of() -> None:
    assert verdict() == ([], [])


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        (
            {"charges": [CHARGE, {**CHARGE, "metadata": {"order": "b2"}}]},
            "b2 was charged and has no",
        ),
        ({"orders": with_order(status="awaiting_payment")}, "charged 4900, the row says awaiting"),
        ({"orders": with_order(total=4800)}, "charged 4900, the row says paid, 4800"),
        ({"orders": with_order(is_recovered=True)}, "its row was lost, and rebuilt from the bank"),
        ({"orders": with_order(sessions=[])}, "its buyer ordered, there is no order"),
        ({"orders": with_order(lines={"7": 1})}, "variant 7: 2 put in, 1 ordered"),
        ({"orders": with_order(lines={})}, "variant 7: 2 put in, 0 ordered"),
        ({"purchases": [replace(PURCHASE, order="b2")]}, "order b2: its buyer saw it paid"),
        ({"journal": {**JOURNAL, "b2": {"placed"}}}, "order b2 is in the journal and has no row"),
        ({"journal": {}}, "order a1 (paid) is not in the journal so"),
        ({"journal": {"a1": {"placed"}}}, "order a1 (paid) is not in the journal so"),
    ],
)
def test_every_kind_of_loss_is_seen(other: dict[str, Any], sentence: str) -> None:
    lost, doubled = verdict(**other)
    assert [each for each in lost if sentence in each], lost
    assert doubled == []


@pytest.mark.parametrize(
    ("other", "sentence"),
    [
        ({"charges": [CHARGE, CHARGE]}, "order a1 was charged 2 times"),
        ({"charges": []}, "order a1 is paid, and nobody was charged"),
        ({"orders": with_order(lines={"7": 4})}, "variant 7: 2 put in, 4 ordered"),
        ({"orders": with_order(lines={"7": 2, "8": 1})}, "variant 8: 0 put in, 1 ordered"),
        (
            {
                "orders": {"a1": ORDER, "b2": replace(ORDER, public_id="b2", sessions=["cs_2"])},
                "charges": [CHARGE, {**CHARGE, "metadata": {"order": "b2"}}],
                "journal": {**JOURNAL, "b2": {"placed", "paid"}},
            },
            "cart cart-1 was bought 2 times",
        ),
    ],
)
def test_everything_that_is_there_twice_is_seen(other: dict[str, Any], sentence: str) -> None:
    lost, doubled = verdict(**other)
    assert [each for each in doubled if sentence in each], doubled
    assert lost == []


def test_a_cart_that_was_never_ordered_is_nobodys_loss() -> None:
    lost, doubled = verdict(purchases=[PURCHASE, Purchase("cart-2", {"9": 1})])
    assert (lost, doubled) == ([], [])


def test_what_was_committed_before_it_was_asked_again_was_committed_unanswered() -> None:
    sessions = by_session({"a1": ORDER})
    repeat = Repeat("order", "cut", at=101.0, is_replay=False, session="cs_1")
    assert was_committed(repeat, sessions)
    assert not was_committed(replace(repeat, at=99.0), sessions), "the repeat itself placed it"
    assert not was_committed(replace(repeat, session=""), sessions)
    assert was_committed(replace(repeat, session="", is_replay=True), sessions)
