"""What can still be given back of an order, and what a wish for a refund comes to.

Amounts are minor units as the customer paid them: tax is in them also where prices exclude it. A line's
refunds add up to the line exactly, however they are cut: a piece is worth the difference between what
so many and what so many fewer are worth.

How much of a refund is *credited* (on a credit note) follows from the order's account: what the shop
holds beyond the price it still charges is the customer's anyway, and giving that back corrects no
invoice. So a second payment is returned without a credit note, and a refund that came back after its
credit note was written is repeated without another one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from django.db.models import Q, Sum

from bodega.lib.money import Money, share
from bodega.orders.models import Order, OrderLine
from bodega.payments.models import Attempt, Refund, RefundLine
from bodega.payments.units import coin


class NotRefundable(Exception):
    """The wish cannot be fulfilled; the message is for whoever wished. `field` is what to change."""

    def __init__(self, message: str, *, code: str, field: str = "") -> None:
        super().__init__(message)
        self.code, self.field = code, field


@dataclass(frozen=True, slots=True)
class Piece:
    """So many of an order's line; `restock`: they go back on the shelf."""

    line_id: int
    quantity: int
    restock: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants refunded: pieces, so much of the shipping, and so much more (or less).

    `attempt_id` names the payment; without it the last one that covers the amount is taken. `repeats_id`
    is a refund that came back and is made again.
    """

    pieces: Sequence[Piece] = ()
    shipping: int = 0
    adjustment: int = 0
    attempt_id: int | None = None
    reason: str = Refund.Reason.REQUESTED
    note: str = ""
    repeats_id: int | None = None


@dataclass(frozen=True, slots=True)
class LineLeft:
    """A line, what was paid for it, and how many of it have been given back.

    `coin` is the smallest amount the bank moves: pieces are worth whole coins, the last one the rest.
    """

    line: OrderLine
    price: int
    gone: int
    coin: int = 1

    @property
    def left(self) -> int:
        return self.line.quantity - self.gone

    def value(self, quantity: int) -> int:
        """What the next `quantity` of them are worth."""
        return self._worth(self.gone + quantity) - self._worth(self.gone)

    def _worth(self, quantity: int) -> int:
        if quantity == self.line.quantity:
            return self.price
        exact = share(self.price, quantity, self.line.quantity)
        return exact - exact % self.coin


@dataclass(frozen=True, slots=True)
class Standing:
    """How an order stands. `seen` is its `refunded` at that moment, for the guard."""

    order: Order
    seen: int
    lines: list[LineLeft]
    shipping: int
    credited: int
    payments: list[Attempt]

    @property
    def captured(self) -> int:
        return sum(payment.captured for payment in self.payments)

    @property
    def refunded(self) -> int:
        return sum(payment.refunded for payment in self.payments)

    @property
    def left(self) -> int:
        """What the shop holds of the customer's money."""
        return self.captured - self.refunded

    @property
    def creditable(self) -> int:
        """What the invoice still charges; nothing for an order that never became paid."""
        return self.order.total - self.credited if self.order.is_paid else 0

    @property
    def surplus(self) -> int:
        """What the shop holds beyond that: the customer's, without a credit note."""
        return max(0, self.left - self.creditable)

    def money(self, amount: int) -> Money:
        return Money(amount, self.order.currency)


@dataclass(frozen=True, slots=True)
class Plan:
    """A wish that can be fulfilled. `parts` are unsaved rows."""

    attempt: Attempt
    amount: int
    credited: int
    shipping: int
    seen: int
    parts: list[RefundLine] = field(default_factory=list)


def standing(order: Order) -> Standing:
    """Read how the order stands. A refund that failed before it was credited counts for nothing."""
    counted = ~Q(state=Refund.State.FAILED) | Q(credited__gt=0)
    refunds = Refund.objects.filter(counted, order=order)
    sums = refunds.aggregate(shipping=Sum("shipping"), credited=Sum("credited"))
    gone = (
        RefundLine.objects.filter(refund__in=refunds).values_list("line").annotate(Sum("quantity"))
    )
    taken = dict(gone.order_by())
    smallest = coin(order.currency)
    payments = order.attempts.filter(captured__gt=0).order_by("n")
    seen = Order.objects.filter(pk=order.pk).values_list("refunded", flat=True)
    return Standing(
        order=order,
        seen=seen.get(),
        lines=[
            LineLeft(line, paid_for(order, line), taken.get(line.pk, 0), smallest)
            for line in order.lines.all()
        ],
        shipping=paid_for_shipping(order) - (sums["shipping"] or 0),
        credited=sums["credited"] or 0,
        payments=list(payments),
    )


def paid_for(order: Order, line: OrderLine) -> int:
    """What the customer paid for a line."""
    return line.total + (0 if order.prices_include_tax else line.tax)


def paid_for_shipping(order: Order) -> int:
    """What the customer paid for shipping."""
    return order.shipping + (0 if order.prices_include_tax else order.shipping_tax)


def plan(order: Order, wish: Wish) -> Plan:
    """What the wish comes to as things stand. Raises NotRefundable."""
    now = standing(order)
    parts = [part_of(now, piece) for piece in wish.pieces if piece.quantity]
    check_shipping(now, wish.shipping)
    goods = sum(part.amount for part in parts) + wish.shipping
    amount = goods + wish.adjustment
    if amount <= 0:
        raise NotRefundable(
            "There is nothing to refund: choose articles, shipping or an amount.", code="nothing"
        )
    check_coin(now, amount)
    attempt = payment(now, wish, amount)
    beyond_price = min(now.surplus, max(0, wish.adjustment))
    credited = min(amount - beyond_price, now.creditable)  # what was credited before is not again
    return Plan(attempt, amount, credited, wish.shipping, now.seen, parts)


def part_of(now: Standing, piece: Piece) -> RefundLine:
    """The row of a piece. Raises NotRefundable."""
    line = next((each for each in now.lines if each.line.pk == piece.line_id), None)
    if line is None:
        raise NotRefundable(
            f"Order {now.order.number} has no line {piece.line_id}.",
            code="no_such_line",
            field="lines",
        )
    if not 0 < piece.quantity <= line.left:
        raise NotRefundable(
            f"{line.left} of {line.line.quantity} × {line.line.title} can still be refunded, "
            f"not {piece.quantity}.",
            code="too_many",
            field="lines",
        )
    return RefundLine(
        line=line.line,
        quantity=piece.quantity,
        amount=line.value(piece.quantity),
        is_restocked=piece.restock and line.line.variant_id is not None,
    )


def check_shipping(now: Standing, amount: int) -> None:
    """Raises NotRefundable for more shipping than was paid and not refunded."""
    if not 0 <= amount <= now.shipping:
        raise NotRefundable(
            f"Of the shipping {now.money(now.shipping)} can still be refunded.",
            code="too_much_shipping",
            field="shipping",
        )


def check_coin(now: Standing, amount: int) -> None:
    """Raises NotRefundable for an amount that the bank cannot move."""
    smallest = coin(now.order.currency)
    if amount % smallest:
        raise NotRefundable(
            f"Stripe moves {now.order.currency} in steps of {now.money(smallest)}, "
            f"and that makes {now.money(amount)}. Add or deduct the difference.",
            code="too_fine",
            field="amount",
        )


def payment(now: Standing, wish: Wish, amount: int) -> Attempt:
    """The payment to give back: the one that was named, or the last that covers the amount."""
    chosen = [each for each in now.payments if wish.attempt_id in (None, each.pk)]
    if not chosen:
        sentence = (
            "This order has no such payment."
            if now.payments
            else "Nothing was paid for this order."
        )
        raise NotRefundable(sentence, code="no_payment", field="payment")
    covering = [each for each in chosen if each.captured - each.refunded >= amount]
    if not covering:
        most = max(each.captured - each.refunded for each in chosen)
        raise NotRefundable(
            f"That makes {now.money(amount)}, but only {now.money(most)} of the payment can still be "
            "refunded. Choose less, or deduct the difference.",
            code="too_much",
            field="amount",
        )
    return covering[-1]


def everything(
    order: Order, *, restock: bool = False, reason: str = "", note: str = ""
) -> list[Wish]:
    """All that is left, a wish for each payment that holds something; empty when none does.

    Lines and shipping go with the first of them. To be fulfilled in this order.
    """
    now = standing(order)
    holding = [each for each in now.payments if each.captured > each.refunded]
    charged = [each for each in now.lines if each.left and now.creditable]
    goods = [Piece(each.line.pk, each.left, restock) for each in charged]
    shipping = now.shipping if now.creditable else 0
    worth = shipping + sum(each.value(each.left) for each in charged)
    reason = reason or Refund.Reason.REQUESTED
    wishes = []
    for payment in holding:
        rest = payment.captured - payment.refunded - worth
        wishes.append(Wish(goods, shipping, rest, payment.pk, reason, note))
        goods, shipping, worth = [], 0, 0
    return wishes
