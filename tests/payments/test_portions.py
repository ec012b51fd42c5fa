"""What a refund consists of, to the last minor unit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodega.lib.clock import utc_now
from bodega.orders.models import Order, OrderLine
from bodega.payments import portions, refunding
from bodega.payments.models import Attempt, Refund
from bodega.payments.portions import LineLeft, NotRefundable, Piece, Wish
from tests.till import MemoryBank

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


@given(
    price=st.integers(0, 10**9),
    cuts=st.lists(st.integers(1, 5), min_size=1, max_size=12),
    coin=st.sampled_from([1, 10, 100]),
)
def test_the_pieces_of_a_line_add_up_to_the_line_however_it_is_cut(
    price: int, cuts: list[int], coin: int
) -> None:
    line = OrderLine(quantity=sum(cuts))
    gone, values = 0, []
    for cut in cuts:
        values.append(LineLeft(line, price, gone, coin).value(cut))
        gone += cut
    assert sum(values) == price
    assert all(value >= 0 for value in values)
    assert all(value % coin == 0 for value in values[:-1])


def test_rounding_each_piece_by_itself_would_lose_cents() -> None:
    """The control of the exact cut."""
    assert 3 * round(1000 / 3) != 1000


def test_what_was_paid_contains_the_tax_also_where_prices_exclude_it() -> None:
    order = Order(prices_include_tax=False, shipping=500, shipping_tax=36)
    line = OrderLine(subtotal=5000, discount=500, tax=326, quantity=2)
    assert portions.paid_for(order, line) == 4826
    assert portions.paid_for_shipping(order) == 536
    order.prices_include_tax = True
    assert portions.paid_for(order, line) == 4500
    assert portions.paid_for_shipping(order) == 500


def wish_for(order: Order, quantity: int, **more: int) -> Wish:
    return Wish([Piece(order.lines.get().pk, quantity)], **more)


def test_a_deduction_lowers_what_is_given_back_and_credited(paid: Order, bank: MemoryBank) -> None:
    plan = portions.plan(paid, wish_for(paid, 2, adjustment=-1500))
    assert (plan.amount, plan.credited) == (3500, 3500)


@pytest.mark.parametrize(
    ("quantity", "more", "code"),
    [
        (3, {}, "too_many"),
        (-1, {}, "too_many"),
        (0, {}, "nothing"),
        (1, {"adjustment": -2500}, "nothing"),
        (1, {"adjustment": -2501}, "nothing"),
        (1, {"shipping": 491}, "too_much_shipping"),
        (1, {"shipping": -1}, "too_much_shipping"),
        (2, {"adjustment": 491}, "too_much"),
        (1, {"attempt_id": 999}, "no_payment"),
    ],
)
def test_what_cannot_be_is_refused_with_a_reason(
    paid: Order, quantity: int, more: dict[str, int], code: str
) -> None:
    with pytest.raises(NotRefundable) as caught:
        portions.plan(paid, wish_for(paid, quantity, **more))
    assert caught.value.code == code


def test_another_orders_line_is_not_given_back(paid: Order) -> None:
    with pytest.raises(NotRefundable, match="has no line"):
        portions.plan(paid, Wish([Piece(10**6, 1)]))


def test_a_refund_that_was_refused_counts_for_nothing(paid: Order, bank: MemoryBank) -> None:
    made = refunding.refund(paid, wish_for(paid, 2), key="k", actor="ada", now=utc_now())
    assert portions.standing(paid).lines[0].left == 0
    Refund.objects.filter(pk=made.pk).update(state=Refund.State.FAILED, credited=0)
    assert portions.standing(paid).lines[0].left == 2


def test_what_was_credited_before_is_given_back_but_not_credited_again(
    paid: Order, bank: MemoryBank
) -> None:
    refunding.refund(paid, Wish(adjustment=1000), key="k", actor="ada", now=utc_now())
    refunding.import_refund(bank.send_back("re_1"), now=utc_now())
    assert portions.plan(paid, wish_for(paid, 1)).credited == 2500
    (rest,) = portions.everything(paid)
    plan = portions.plan(paid, rest)
    assert (plan.amount, plan.credited) == (5490, 4490)


def test_the_payment_of_an_order_that_never_became_paid_goes_back_without_a_credit_note(
    paid: Order, bank: MemoryBank
) -> None:
    Order.objects.update(status=Order.Status.AWAITING_PAYMENT, paid_at=None)
    paid.refresh_from_db()
    plan = portions.plan(paid, Wish(adjustment=5490))
    assert (plan.amount, plan.credited) == (5490, 0)
    assert portions.plan(paid, wish_for(paid, 1)).credited == 0


def test_the_last_payment_that_covers_the_amount_is_taken(paid: Order, bank: MemoryBank) -> None:
    first = Attempt.objects.get()
    second = Attempt.objects.create(
        order=paid,
        n=2,
        idempotency_key="second",
        amount=1000,
        captured=1000,
        currency="EUR",
        expires_at=utc_now(),
        created_at=utc_now(),
    )
    assert portions.plan(paid, Wish(adjustment=1000)).attempt == second
    assert portions.plan(paid, Wish(adjustment=1001)).attempt == first


@pytest.mark.parametrize(("currency", "amount"), [("KWD", 1234), ("MGA", 1250)])
def test_an_amount_that_the_bank_cannot_move_is_refused_before_it_is_recorded(
    paid: Order, currency: str, amount: int
) -> None:
    Order.objects.update(currency=currency)
    paid.refresh_from_db()
    with pytest.raises(NotRefundable, match="in steps of"):
        portions.plan(paid, Wish(adjustment=amount))
    assert portions.plan(paid, Wish(adjustment=1200)).amount == 1200
