"""Stock is promised once, sold once, given back once; the ledger tells every change."""

from datetime import UTC, datetime, timedelta

import pytest
from django.db import transaction
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bodega.catalog import stock
from bodega.catalog.models import Movement, Reservation, Stock, Variant
from tests.catalog.conftest import NOW, MakeProduct, MakeVariant

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=30)


def now_of(variant: Variant) -> tuple[int, int]:
    """On hand and reserved, as stored."""
    row = Stock.objects.get(pk=variant.pk)
    return row.on_hand, row.reserved


def reserve(variant: Variant, quantity: int = 1, reference: str = "order-1") -> None:
    with transaction.atomic():
        stock.reserve(reference, [(variant.pk, quantity)], LATER, now=NOW)


def sell(reference: str = "order-1") -> list[stock.Shortage]:
    return stock.sell(reference, actor="stripe", now=NOW)


def release(reference: str = "order-1") -> int:
    return stock.release(reference, reason="session expired", actor="shop", now=NOW)


def test_a_new_variant_has_stock_with_nothing_on_hand(make_product: MakeProduct) -> None:
    product = make_product(price=None)
    fresh = Variant.objects.create(product=product, sku="NEW", price=1)
    assert now_of(fresh) == (0, 0)
    with pytest.raises(stock.OutOfStock):
        reserve(fresh)


def test_reserving_promises_without_taking_off_the_shelf(variant: Variant) -> None:
    reserve(variant, 3)
    assert now_of(variant) == (10, 3)
    held = Reservation.objects.get()
    assert (held.reference, held.quantity, held.state, held.expires_at) == (
        "order-1",
        3,
        "held",
        LATER,
    )
    entry = Movement.objects.get()
    assert (entry.reason, entry.on_hand_delta, entry.reserved_delta) == ("reserved", 0, 3)
    assert (entry.reference, entry.actor, entry.at) == ("order-1", "shop", NOW)


def test_the_last_unit_is_promised_once(make_product: MakeProduct) -> None:
    last = make_product(on_hand=1).variants.get()
    reserve(last, 1, "first")
    with pytest.raises(stock.OutOfStock) as refusal:
        reserve(last, 1, "second")
    assert (refusal.value.variant_id, refusal.value.wanted, refusal.value.available) == (
        last.pk,
        1,
        0,
    )
    assert now_of(last) == (1, 1)


def test_when_one_line_is_short_nothing_is_reserved_even_if_the_caller_goes_on(
    make_product: MakeProduct, make_variant: MakeVariant
) -> None:
    product = make_product(on_hand=5)
    plenty, scarce = product.variants.get(), make_variant(product, on_hand=1)
    lines = [(plenty.pk, 1), (scarce.pk, 2)]
    with pytest.raises(stock.OutOfStock, match="2 wanted, 1 available"), transaction.atomic():
        stock.reserve("order-1", lines, LATER, now=NOW)
    assert now_of(plenty) == (5, 0)
    assert now_of(scarce) == (1, 0)
    assert not Reservation.objects.exists()
    assert not Movement.objects.exists()


def test_lines_with_the_same_variant_are_one_reservation(variant: Variant) -> None:
    stock.reserve("order-1", [(variant.pk, 2), (variant.pk, 3)], LATER, now=NOW)
    assert Reservation.objects.get().quantity == 5
    assert now_of(variant) == (10, 5)


def test_a_quantity_below_one_is_refused(variant: Variant) -> None:
    with pytest.raises(ValueError, match="at least 1"):
        reserve(variant, 0)
    assert now_of(variant) == (10, 0)


def test_a_reference_reserves_once(variant: Variant) -> None:
    reserve(variant, 2)
    with pytest.raises(stock.AlreadyReserved), transaction.atomic():
        reserve(variant, 2)
    assert now_of(variant) == (10, 2)


def test_what_was_released_can_be_reserved_again_by_the_same_order(variant: Variant) -> None:
    reserve(variant, 2)
    release()
    reserve(variant, 4)
    assert now_of(variant) == (10, 4)
    assert Reservation.objects.get().state == "held"


@pytest.mark.parametrize("rule", [{"is_tracked": False}, {"may_backorder": True}])
def test_untracked_and_backorderable_goods_are_always_promised(
    rule: dict[str, bool], make_product: MakeProduct, make_variant: MakeVariant
) -> None:
    endless = make_variant(make_product(price=None), on_hand=0, **rule)
    reserve(endless, 7)
    assert now_of(endless) == (0, 7)
    assert sell() == []


def test_selling_takes_off_the_shelf_and_ends_the_promise(variant: Variant) -> None:
    reserve(variant, 3)
    assert sell() == []
    assert now_of(variant) == (7, 0)
    entry = Movement.objects.first()
    assert entry is not None
    assert (entry.reason, entry.on_hand_delta, entry.reserved_delta) == ("sold", -3, -3)
    assert entry.actor == "stripe"


def test_selling_twice_sells_once(variant: Variant) -> None:
    reserve(variant, 3)
    sell()
    assert sell() == []
    assert now_of(variant) == (7, 0)
    assert Movement.objects.filter(reason="sold").count() == 1


def test_untracked_goods_have_no_shelf_to_be_taken_from(
    make_product: MakeProduct, make_variant: MakeVariant
) -> None:
    endless = make_variant(make_product(price=None), on_hand=4, is_tracked=False)
    reserve(endless, 2)
    sell()
    assert now_of(endless) == (4, 0)


def test_backorders_leave_a_debt_on_the_shelf(
    make_product: MakeProduct, make_variant: MakeVariant
) -> None:
    ordered = make_variant(make_product(price=None), on_hand=1, may_backorder=True)
    reserve(ordered, 3)
    assert sell() == []
    assert now_of(ordered) == (-2, 0)


def test_releasing_gives_back_once(variant: Variant) -> None:
    reserve(variant, 3)
    assert release() == 1
    assert release() == 0
    assert now_of(variant) == (10, 0)
    entry = Movement.objects.first()
    assert entry is not None
    assert (entry.reason, entry.reserved_delta, entry.note) == ("released", -3, "session expired")


def test_what_was_sold_is_not_released(variant: Variant) -> None:
    reserve(variant, 3)
    sell()
    assert release() == 0
    assert now_of(variant) == (7, 0)


def test_paid_after_release_takes_what_is_there(variant: Variant) -> None:
    reserve(variant, 3)
    release()
    assert sell() == []
    assert now_of(variant) == (7, 0)


def test_paid_after_release_and_somebody_else_was_faster_is_a_shortage(
    make_product: MakeProduct,
) -> None:
    scarce = make_product(on_hand=3).variants.get()
    reserve(scarce, 2, "late")
    release("late")
    reserve(scarce, 2, "fast")
    assert sell("late") == [stock.Shortage(scarce.pk, wanted=2, missing=1)]
    assert now_of(scarce) == (2, 2)
    assert sell("fast") == []
    assert now_of(scarce) == (0, 0)
    assert Movement.objects.filter(reference="late", note="1 missing").count() == 1


def test_goods_lost_while_they_were_promised_are_a_shortage(variant: Variant) -> None:
    reserve(variant, 8)
    stock.adjust(variant.pk, -5, "damaged", actor="staff")
    assert sell() == [stock.Shortage(variant.pk, wanted=8, missing=3)]
    assert now_of(variant) == (0, 0)


def test_selling_an_unknown_reference_does_nothing(variant: Variant) -> None:
    assert sell("nobody") == []
    assert not Movement.objects.exists()


def test_extending_moves_only_what_is_held(variant: Variant) -> None:
    reserve(variant, 1, "held")
    reserve(variant, 1, "released")
    release("released")
    longer = LATER + timedelta(hours=1)
    assert stock.extend("held", longer) == 1
    assert stock.extend("released", longer) == 0
    assert Reservation.objects.get(reference="held").expires_at == longer


def test_expired_reservations_are_listed_and_left_alone(variant: Variant) -> None:
    reserve(variant, 1, "old")
    reserve(variant, 1, "paid")
    sell("paid")
    assert not stock.expired_reservations(LATER - timedelta(seconds=1)).exists()
    assert [row.reference for row in stock.expired_reservations(LATER)] == ["old"]
    assert now_of(variant) == (9, 1)


def test_adjusting_writes_reason_actor_and_note(variant: Variant) -> None:
    stock.adjust(variant.pk, 5, "received", actor="ada", note="delivery 12", reference="PO-7")
    entry = Movement.objects.get()
    assert (entry.reason, entry.on_hand_delta, entry.actor) == ("received", 5, "ada")
    assert (entry.note, entry.reference) == ("delivery 12", "PO-7")
    assert now_of(variant) == (15, 0)


def test_more_than_is_there_cannot_be_taken_off(variant: Variant) -> None:
    with pytest.raises(stock.NotEnoughOnHand):
        stock.adjust(variant.pk, -11, "damaged", actor="ada")
    stock.adjust(variant.pk, -10, "damaged", actor="ada")  # the control: exactly all of it can
    assert now_of(variant) == (0, 0)


def test_an_unknown_reason_changes_nothing(variant: Variant) -> None:
    with pytest.raises(ValueError, match="vanished"):
        stock.adjust(variant.pk, 1, "vanished", actor="ada")
    assert now_of(variant) == (10, 0)


def test_adjusting_by_nothing_writes_nothing(variant: Variant) -> None:
    stock.adjust(variant.pk, 0, "counted", actor="ada")
    assert not Movement.objects.exists()


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"on_hand": 20}, stock.Availability(True, "in", 20)),
        ({"on_hand": 20, "reserved": 17}, stock.Availability(True, "low", 3)),
        ({"on_hand": 5}, stock.Availability(True, "low", 5)),
        ({"on_hand": 6}, stock.Availability(True, "in", 6)),
        ({"on_hand": 2, "reserved": 2}, stock.Availability(False, "out", 0)),
        ({"on_hand": -1}, stock.Availability(False, "out", 0)),
        ({"on_hand": 0, "may_backorder": True}, stock.Availability(True, "backorder", None)),
        ({"on_hand": 2, "may_backorder": True}, stock.Availability(True, "in", None)),
        ({"on_hand": 0, "is_tracked": False}, stock.Availability(True, "in", None)),
    ],
)
def test_availability(values: dict[str, int], expected: stock.Availability) -> None:
    assert stock.availability(Stock(low_at=5, **values)) == expected


def test_without_a_stock_row_nothing_can_be_bought() -> None:
    assert stock.availability(None) == stock.Availability(False, "out", 0)


def test_availability_in_words() -> None:
    assert stock.Availability(True, "low", 3).text == "Only 3 left"
    assert stock.Availability(False, "out", 0).text == "Sold out"


def test_low_stock_is_listed_scarcest_first(
    make_product: MakeProduct, make_variant: MakeVariant
) -> None:
    product = make_product("Dunes", on_hand=50)
    few, none = make_variant(product, on_hand=4), make_variant(product, on_hand=0)
    make_variant(product, on_hand=0, is_tracked=False)
    make_variant(product, on_hand=0, is_active=False)
    assert [row.pk for row in stock.low()] == [none.pk, few.pk]


class _Someone:
    """Changes the row between a look and an update, once: what another process would do."""

    def __init__(self, variant: Variant) -> None:
        self.variant = variant
        self.has_come = False

    def __call__(self, execute, sql, params, many, context):  # type: ignore[no-untyped-def]  # Django's wrapper
        if sql.startswith('UPDATE "catalog_stock"') and not self.has_come:
            self.has_come = True
            Stock.objects.filter(pk=self.variant.pk).update(on_hand=2)
        return execute(sql, params, many, context)


def test_a_change_between_look_and_update_is_seen(variant: Variant) -> None:
    from django.db import connection

    reserve(variant, 3)
    with connection.execute_wrapper(_Someone(variant)):
        assert sell() == [stock.Shortage(variant.pk, wanted=3, missing=1)]
    assert now_of(variant) == (0, 0)


def ledger(variant: Variant) -> tuple[int, int]:
    sums = Movement.objects.filter(variant=variant).aggregate(
        Sum("on_hand_delta"), Sum("reserved_delta")
    )
    return sums["on_hand_delta__sum"] or 0, sums["reserved_delta__sum"] or 0


ACTIONS = st.lists(
    st.tuples(
        st.sampled_from(["reserve", "sell", "release", "receive", "damage", "return"]),
        st.integers(0, 3),
        st.integers(1, 4),
    ),
    max_size=25,
)


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(actions=ACTIONS, may_backorder=st.booleans())
def test_whatever_happens_in_whatever_order_the_books_are_right(
    actions: list[tuple[str, int, int]], may_backorder: bool, make_product: MakeProduct
) -> None:
    with transaction.atomic():
        product = make_product("Dunes", price=None)
        item = Variant.objects.create(product=product, sku="X", price=1)
        Stock.objects.filter(pk=item.pk).update(may_backorder=may_backorder)
        for action, order, quantity in actions:
            _act(item, action, f"order-{order}", quantity)
            on_hand, reserved = now_of(item)
            assert (on_hand, reserved) == ledger(item)
            held = Reservation.objects.filter(variant=item, state="held").aggregate(
                n=Sum("quantity")
            )
            assert reserved == (held["n"] or 0) >= 0
            assert may_backorder or on_hand >= 0
        transaction.set_rollback(True)


def _act(item: Variant, action: str, reference: str, quantity: int) -> None:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    try:
        match action:
            case "reserve":
                with transaction.atomic():
                    stock.reserve(reference, [(item.pk, quantity)], moment, now=moment)
            case "sell":
                stock.sell(reference, actor="test", now=moment)
            case "release":
                stock.release(reference, reason="test", actor="test", now=moment)
            case "receive":
                stock.adjust(item.pk, quantity, "received", actor="test")
            case "return":
                stock.adjust(item.pk, quantity, "returned", actor="test")
            case _:
                stock.adjust(item.pk, -quantity, "damaged", actor="test")
    except (stock.OutOfStock, stock.AlreadyReserved, stock.NotEnoughOnHand):
        pass  # refusals are right answers; that they change nothing is what is checked after each


def test_the_books_show_a_change_behind_the_ledgers_back(variant: Variant) -> None:
    stock.adjust(variant.pk, 3, "received", actor="ada")
    before = ledger(variant)[0]
    Stock.objects.filter(pk=variant.pk).update(on_hand=99)  # what nobody may do
    assert (before, now_of(variant)[0]) == (3, 99)
    assert ledger(variant)[0] != now_of(variant)[0]
