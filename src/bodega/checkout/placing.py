"""Placing an order: one write transaction (design 5.2, point 1)."""

from datetime import datetime
from functools import partial

from django.db import transaction
from django.db.models import CharField

from bodega.cart.basket import BasketLine
from bodega.cart.models import CartLine
from bodega.cart.summing import Bill
from bodega.catalog import pictures, stock
from bodega.catalog.models import Product
from bodega.checkout.counter import Counter
from bodega.databases.prepared import Parameter, Prepared
from bodega.discounts import redeeming
from bodega.discounts.checking import CodeRefused
from bodega.orders import freezing, paying
from bodega.orders.announcing import tell
from bodega.orders.models import Order, OrderLine
from bodega.payments import attempts, stripe
from bodega.taxes.amounts import TaxedPart

PLACED = Prepared(lambda: Order.objects.filter(checkout_key=Parameter("key", CharField())))
PRICES = Prepared(
    lambda: CartLine.objects.filter(
        cart__token=Parameter("token", CharField()),
        variant__is_active=True,
        variant__product__status=Product.Status.ACTIVE,
    ).values_list("variant_id", "variant__price")
)


class NotAsShown(Exception):
    """A price, the stock or the code changed since the page was made: nothing was written."""


def place(counter: Counter, checkout_key: str, *, now: datetime) -> Order:
    """The order of a counter that is ready; the same `checkout_key` again gives the same order.

    Stock is reserved and the code counted together with it, or nothing happens at all: NotAsShown, and
    the customer is told before she pays. Whoever calls starts the payment afterwards.
    """
    with transaction.atomic(durable=True):
        known = PLACED.first(key=checkout_key)
        if known:
            return known
        check_prices(counter.bill, counter.cart.token)
        order = freezing.freeze(
            draft(counter, checkout_key, now),
            [line_of(line, part) for line, part in counter.bill.lines],
            counter.form.addresses(),
            merchant=counter.basket.merchant,
        )
        promise(order, counter.bill, now)
        if order.total:
            attempts.open_attempt(order, now=now)
            transaction.on_commit(partial(tell, order), robust=True)
        else:
            paying.mark_paid(order, at=now, actor="shop", livemode=stripe.livemode())
    return order


def check_prices(bill: Bill, cart_token: str) -> None:
    """Raise NotAsShown unless every article is still wanted, and sold at the bill's price; one query."""
    wanted = {line.variant.pk: line.unit_price for line, _ in bill.lines}
    prices = dict(PRICES.rows(token=cart_token))
    if any(prices.get(variant) != price for variant, price in wanted.items()):
        raise NotAsShown("An article or its price has just changed.")


def promise(order: Order, bill: Bill, now: datetime) -> None:
    """Hold the stock and count the code, guarded. Raises NotAsShown when either is gone."""
    wanted = [(line.variant.pk, line.quantity) for line, _ in bill.lines]
    try:
        stock.reserve(order.public_id, wanted, order.expires_at or now, actor="customer", now=now)
        if bill.discount:
            redeeming.redeem(bill.discount, order.public_id, order.email, now)
    except stock.OutOfStock:
        raise NotAsShown("Somebody else has just bought the last of an article.") from None
    except CodeRefused as refused:
        raise NotAsShown(str(refused)) from None


def draft(counter: Counter, checkout_key: str, now: datetime) -> Order:
    """The order's row as it will be frozen."""
    bill, answers = counter.bill, counter.form.cleaned_data
    sums, method = bill.totals, bill.method
    return Order(
        checkout_key=checkout_key,
        cart_token=counter.cart.token,
        email=answers["email"],
        phone=answers["phone"],
        note=answers["note"],
        currency=counter.basket.merchant.currency,
        prices_include_tax=sums.prices_include_tax,
        subtotal=sums.subtotal,
        discount=sums.discount,
        discount_code=bill.discount.code if bill.discount else "",
        shipping=sums.shipping,
        shipping_tax=sums.shipping_tax,
        shipping_method=method.name if method else "",
        shipping_days=method.days if method else "",
        is_pickup=bool(method and method.is_pickup),
        tax=sums.tax,
        taxes=[
            {"name": str(row.rate), "ppm": row.rate.ppm, "net": row.net, "tax": row.tax}
            for row in sums.summary
        ],
        total=sums.total,
        livemode=stripe.livemode(),
        terms_accepted_at=now,
        placed_at=now,
        expires_at=now + attempts.reservation_time(counter.basket.merchant),
    )


def line_of(line: BasketLine, part: TaxedPart) -> OrderLine:
    """A line as it is agreed now."""
    return OrderLine(
        variant=line.variant,
        sku=line.variant.sku,
        title=line.title,
        options=line.options,
        image=pictures.card_url(line.image) if line.image else "",
        quantity=line.quantity,
        unit_price=line.unit_price,
        subtotal=part.subtotal,
        discount=part.discount,
        tax_name=part.rate.name,
        tax_ppm=part.rate.ppm,
        tax=part.tax,
        weight=line.variant.weight,
    )
