"""The past of the demo shop: orders that were placed, paid, shipped or given up.

Written in bulk, but with the shop's own arithmetic (`taxes.amounts`, `shipping.quotes`,
`discounts.checking`) and every row that the shop itself would have left behind (lines, addresses,
timeline, mail, attempt, ledger, reservation, stock movements, redemption), so that an audit of a demo
shop finds nothing, and an order from the demo looks like any other in the back office.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from random import Random
from typing import Any

from django.db.models import F, Model

from bodega.catalog import pictures
from bodega.catalog.models import Image, Movement, Reservation, Variant
from bodega.discounts.checking import CodeRefused, check_time, value
from bodega.discounts.models import Discount, Redemption
from bodega.merchant.models import Merchant
from bodega.ops.demo import catalogue, invoices
from bodega.ops.demo.purchases import Purchase, imagine
from bodega.orders.freezing import FIRST_NUMBER, check_sums
from bodega.orders.models import (
    Mail,
    Order,
    OrderAddress,
    OrderEvent,
    OrderLine,
    Shipment,
    ShipmentLine,
    new_public_id,
)
from bodega.payments.models import Attempt, LedgerEntry
from bodega.shipping.quotes import Quote, quotes
from bodega.taxes.amounts import Rate, Totals, totals
from bodega.taxes.rates import rates_for

CLERK = "demo@bodega.example"
HOLD = timedelta(minutes=30)
ON_THE_WAY = timedelta(days=3)
MAIL_AFTER = timedelta(seconds=4)
CLASSES = ("standard", "reduced")
# Beside the orders, in the order in which they refer to each other.
TABLES: tuple[type[Model], ...] = (
    *(OrderLine, OrderAddress, OrderEvent, Mail, Attempt, LedgerEntry),
    *(Reservation, Movement, Redemption, Shipment, ShipmentLine),
)


@dataclass
class Books:
    """Unsaved rows, by the table they go to, in the order in which the tables need each other."""

    orders: list[Order] = field(default_factory=list)
    rows: list[Model] = field(default_factory=list)
    sold: Counter[int] = field(default_factory=Counter)

    def save(self, prefix: str) -> None:
        """Insert everything, a table at a time."""
        Order.objects.bulk_create(self.orders)
        for order in self.orders:
            order.number = f"{prefix}{FIRST_NUMBER + order.pk}"
        Order.objects.bulk_update(self.orders, ["number"])
        for table in TABLES:
            table._default_manager.bulk_create([row for row in self.rows if type(row) is table])


class Till:
    """What an order costs: the shop's own arithmetic, prices and rates fetched once."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.codes = {discount.code: discount for discount in Discount.objects.all()}
        self.used: Counter[str] = Counter()
        self._customers: set[tuple[str, str]] = set()
        self.rates = cache(lambda country: rates_for(CLASSES, country))
        self.quotes = cache(quotes_for)

    def discount(self, purchase: Purchase, goods: int) -> Discount | None:
        """The code of the purchase, if the shop would have taken it then."""
        discount = self.codes.get(purchase.code)
        if discount is None or goods < discount.minimum:
            return None
        if discount.once_per_customer and (discount.code, purchase.who.email) in self._customers:
            return None
        try:
            check_time(discount, purchase.at)
        except CodeRefused:
            return None
        return discount

    def redeem(self, discount: Discount, order: Order) -> Redemption:
        """Count one use."""
        self.used[discount.code] += 1
        self._customers.add((discount.code, order.email))
        return Redemption(
            discount=discount, reference=order.public_id, email=order.email, at=order.placed_at
        )

    def totals(self, purchase: Purchase, discount: Discount | None) -> tuple[Totals, Quote]:
        """Every amount of the order, and how it is sent."""
        rates: dict[str, Rate] = self.rates(purchase.who.country)
        lines = [(v.price * n, rates[v.product.tax_class]) for v, n in purchase.lines]
        amounts = [amount for amount, _ in lines]
        off = value(discount, amounts) if discount else [0] * len(lines)
        weight = sum(v.weight * n for v, n in purchase.lines)
        is_free = bool(discount and discount.kind == Discount.Kind.FREE_SHIPPING)
        offers = self.quotes(purchase.who.country, weight, sum(amounts) - sum(off), is_free)
        quote = offers[min(purchase.method, len(offers) - 1)]
        rate = rates[quote.tax_class] if quote.tax_class else None
        return totals(lines, off, (quote.price, rate), inclusive=True), quote


def quotes_for(country: str, weight: int, goods_value: int, free: bool) -> list[Quote]:
    """`shipping.quotes` with plain arguments, to be remembered."""
    return quotes(country, weight, goods_value, free=free)


def write(count: int, random: Random, now: datetime) -> None:
    """Write `count` orders of the last 120 days, and the deliveries that made them possible."""
    variants = list(Variant.objects.select_related("product", "stock"))
    merchant, till, books = Merchant.current(), Till(now), Books()
    shown = _pictures()
    for purchase in imagine(count, variants, random, now):
        _book(purchase, till, books, merchant, shown)
    delivered = [(v.pk, v.stock.on_hand + books.sold[v.pk]) for v in variants]
    catalogue.receive(delivered, now - catalogue.LIFE_OF_SHOP)
    books.save(merchant.order_prefix)
    invoices.issue(books.orders, books.rows, merchant)
    for code, uses in till.used.items():
        Discount.objects.filter(code=code).update(used=F("used") + uses)


def _book(
    purchase: Purchase, till: Till, books: Books, merchant: Merchant, shown: dict[int, str]
) -> None:
    """One order with everything that belongs to it."""
    goods = sum(v.price * n for v, n in purchase.lines)
    discount = till.discount(purchase, goods)
    sums, quote = till.totals(purchase, discount)
    order = _order(purchase, sums, quote, merchant)
    order.discount_code = discount.code if discount else ""
    lines = _lines(order, purchase, sums, shown)
    check_sums(order, lines)
    books.orders.append(order)
    books.rows += [*lines, _address(order, purchase)]
    if purchase.is_paid:
        _paid(order, purchase, books)
        sent_at = purchase.at + purchase.pays_after + purchase.ships_after
        if sent_at < till.now:
            _sent(order, lines, sent_at, till.now, books)
        if discount:
            books.rows.append(till.redeem(discount, order))
    else:
        _given_up(order, purchase, books)


def _order(purchase: Purchase, sums: Totals, quote: Quote, merchant: Merchant) -> Order:
    public_id = new_public_id()
    return Order(
        public_id=public_id,
        number=public_id[:20],
        checkout_key=public_id,
        email=purchase.who.email,
        currency=merchant.currency,
        prices_include_tax=sums.prices_include_tax,
        subtotal=sums.subtotal,
        discount=sums.discount,
        shipping=sums.shipping,
        shipping_tax=sums.shipping_tax,
        shipping_method=quote.name,
        shipping_days=quote.days,
        is_pickup=quote.is_pickup,
        tax=sums.tax,
        taxes=[
            {"name": str(part.rate), "ppm": part.rate.ppm, "net": part.net, "tax": part.tax}
            for part in sums.summary
        ],
        total=sums.total,
        terms_accepted_at=purchase.at,
        placed_at=purchase.at,
        expires_at=purchase.at + HOLD,
    )


def _lines(
    order: Order, purchase: Purchase, sums: Totals, shown: dict[int, str]
) -> list[OrderLine]:
    return [
        OrderLine(
            order=order,
            variant=variant,
            sku=variant.sku,
            title=variant.product.title,
            options=variant.title,
            image=shown.get(variant.product_id, ""),
            quantity=quantity,
            unit_price=variant.price,
            subtotal=part.subtotal,
            discount=part.discount,
            tax_name=part.rate.name,
            tax_ppm=part.rate.ppm,
            tax=part.tax,
            weight=variant.weight,
        )
        for (variant, quantity), part in zip(purchase.lines, sums.lines, strict=True)
    ]


def _address(order: Order, purchase: Purchase) -> OrderAddress:
    who = purchase.who
    return OrderAddress(
        order=order,
        name=who.name,
        street=who.street,
        postcode=who.postcode,
        city=who.city,
        country=who.country,
    )


def _paid(order: Order, purchase: Purchase, books: Books) -> None:
    """Money came, and the receipt went out."""
    paid_at = order.paid_at = purchase.at + purchase.pays_after
    order.status = Order.Status.PAID
    attempt = _attempt(order, Attempt.State.PAID)
    charge = LedgerEntry(
        order=order,
        attempt=attempt,
        payment_intent=attempt.payment_intent,
        kind=LedgerEntry.Kind.CHARGE,
        charge=f"ch_demo_{order.public_id[:16]}",
        amount=order.total,
        currency=order.currency,
        at=paid_at,
    )
    events = [
        _event(order, "placed", "Order placed", order.placed_at, "customer"),
        _event(order, "paid", "Payment received", paid_at, "stripe"),
        _event(
            order, "mail_sent", f"Receipt sent to {order.email}", paid_at + MAIL_AFTER, public=False
        ),
    ]
    books.rows += [attempt, charge, _mail(order, "receipt", paid_at), *events]
    books.rows += _stock_rows(order, purchase, Reservation.State.SOLD, paid_at)
    for variant, quantity in purchase.lines:
        books.sold[variant.pk] += quantity


def _sent(order: Order, lines: list[OrderLine], at: datetime, now: datetime, books: Books) -> None:
    """All of it left in one parcel, which has arrived if there was time."""
    order.status = Order.Status.FULFILLED
    what = "Ready to collect" if order.is_pickup else "Shipped with DHL"
    parcel = Shipment(
        order=order,
        n=1,
        carrier="" if order.is_pickup else "DHL",
        actor=CLERK,
        shipped_at=at,
        delivered_at=at + ON_THE_WAY if at + ON_THE_WAY < now else None,
    )
    books.rows += [
        parcel,
        *(ShipmentLine(shipment=parcel, line=line, quantity=line.quantity) for line in lines),
        _event(order, "shipped", what, at, CLERK),
        _event(order, "fulfilled", "Everything has left", at, CLERK, public=False),
        _mail(order, "ready" if order.is_pickup else "shipped", at, "1"),
    ]
    if parcel.delivered_at:
        arrived = "Collected" if order.is_pickup else "Delivered"
        books.rows.append(_event(order, "delivered", arrived, parcel.delivered_at, CLERK))


def _mail(order: Order, kind: str, at: datetime, about: str = "") -> Mail:
    return Mail(
        order=order,
        kind=kind,
        about=about,
        recipient=order.email,
        message_id=f"<{order.public_id}.{kind}@bodega.example>",
        state=Mail.State.SENT,
        created_at=at,
        sent_at=at + MAIL_AFTER,
    )


def _given_up(order: Order, purchase: Purchase, books: Books) -> None:
    """Half an hour later the stock went back on the shelf."""
    order.status = Order.Status.EXPIRED
    over = purchase.at + HOLD
    books.rows += [
        _attempt(order, Attempt.State.EXPIRED),
        _event(order, "placed", "Order placed", order.placed_at, "customer"),
        _event(order, "expired", "Not paid in time", over),
        _mail(order, "expired", over),
        *_stock_rows(order, purchase, Reservation.State.RELEASED, over),
    ]


def _attempt(order: Order, state: Attempt.State) -> Attempt:
    is_paid = state == Attempt.State.PAID
    return Attempt(
        order=order,
        n=1,
        idempotency_key=f"demo-{order.public_id}-1",
        session_id=f"cs_demo_{order.public_id}",
        payment_intent=f"pi_demo_{order.public_id[:16]}" if is_paid else "",
        amount=order.total,
        captured=order.total if is_paid else 0,
        currency=order.currency,
        state=state,
        expires_at=order.placed_at + HOLD,
        created_at=order.placed_at,
    )


def _event(
    order: Order, kind: str, message: str, at: datetime, actor: str = "shop", public: bool = True
) -> OrderEvent:
    return OrderEvent(order=order, kind=kind, message=message, actor=actor, is_public=public, at=at)


def _stock_rows(
    order: Order, purchase: Purchase, state: Reservation.State, at: datetime
) -> Iterable[Any]:
    """Reserved when the order was placed; sold or released later."""
    is_sold = state == Reservation.State.SOLD
    for variant, quantity in purchase.lines:
        common = {"variant": variant, "reference": order.public_id}
        yield Reservation(
            quantity=quantity,
            state=state,
            expires_at=order.placed_at + HOLD,
            created_at=order.placed_at,
            **common,
        )
        yield Movement(
            reason=Movement.Reason.RESERVED, reserved_delta=quantity, at=order.placed_at, **common
        )
        yield Movement(
            reason=Movement.Reason.SOLD if is_sold else Movement.Reason.RELEASED,
            on_hand_delta=-quantity if is_sold else 0,
            reserved_delta=-quantity,
            actor="stripe" if is_sold else "shop",
            at=at,
            **common,
        )


def _pictures() -> dict[int, str]:
    """The small picture of each product, as order lines keep it."""
    first = Image.objects.filter(position=0)
    return {image.product_id: pictures.card_url(image) for image in first}
