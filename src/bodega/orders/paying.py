"""An order becomes paid, once."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import (
    BigIntegerField,
    BooleanField,
    CharField,
    DateTimeField,
    F,
    OuterRef,
    QuerySet,
    Subquery,
)

from bodega import outbox
from bodega.cart.models import Cart, CartLine
from bodega.catalog import stock
from bodega.databases.prepared import Parameter, PreparedDelete, PreparedUpdate
from bodega.merchant.models import Merchant
from bodega.orders import invoicing, mails, timeline
from bodega.orders.models import Order, OrderLine
from bodega.orders.thanking import thank

# Money that arrives after the shop gave up is kept, never dropped (design 5.2, point 5).
PAYABLE = (Order.Status.AWAITING_PAYMENT, Order.Status.EXPIRED, Order.Status.CANCELLED)
# A cancelled order that was paid before is paid a second time: that goes back, the order stays.
PAY = PreparedUpdate(
    lambda: Order.objects.filter(
        pk=Parameter("pk", BigIntegerField()), status__in=PAYABLE, paid_at=None
    ),
    status=Order.Status.PAID,
    paid_at=Parameter("at", DateTimeField()),
    livemode=Parameter("livemode", BooleanField()),
)


def in_cart() -> QuerySet[CartLine]:
    """The lines of a cart (parameter `token`) of which an order (`order`) has `bought` something."""
    lines = OrderLine.objects.filter(order=Parameter("order", BigIntegerField()))
    bought = lines.filter(variant=OuterRef("variant")).values("quantity")[:1]
    in_all = CartLine.objects.filter(cart__token=Parameter("token", CharField()))
    return in_all.annotate(bought=Subquery(bought)).filter(bought__isnull=False)


ALL_BOUGHT = PreparedDelete(lambda: in_cart().filter(quantity__lte=F("bought")))
SOME_BOUGHT = PreparedUpdate(in_cart, quantity=F("quantity") - F("bought"))


def mark_paid(order: Order, *, at: datetime, actor: str, livemode: bool) -> bool:
    """The order is paid; False when it was already. Runs inside the caller's transaction.

    Issues the invoice, turns the reservation into a sale (what is missing by now makes the order
    `is_oversold`: the merchant decides), empties the cart of what was bought, and leaves receipt and
    announcement in the outbox.
    """
    if not PAY.run(pk=order.pk, at=at, livemode=livemode):
        return False
    was = order.get_status_display()
    order.status, order.paid_at, order.livemode = Order.Status.PAID, at, livemode
    timeline.record(
        order, "paid", "Payment received", actor=actor, is_public=True, at=at, data={"was": was}
    )
    shortages = stock.sell(order.public_id, actor=actor, now=at)
    if shortages:
        mark_oversold(order, {short.variant_id: short.missing for short in shortages}, at=at)
    merchant = Merchant.current()
    invoice = invoicing.issue_invoice(order, at=at, merchant=merchant)
    if order.cart_token:
        take_out_of_cart(order, len(invoice.content["lines"]))
    errands: list[outbox.Errand] = [(thank, (order.pk,))]
    if merchant.orders_email:
        errands.append((mails.send, (order.pk, "new_order")))
    outbox.put_all(*errands)
    return True


def mark_oversold(order: Order, missing: Mapping[int, int], *, at: datetime) -> None:
    """Flag a paid order for which stock is gone: `missing` units by variant id. The merchant decides."""
    Order.objects.filter(pk=order.pk).update(is_oversold=True)
    order.is_oversold = True
    short = order.lines.filter(variant_id__in=missing).values_list("variant_id", "sku")
    named = ", ".join(f"{missing[variant_id]} × {sku}" for variant_id, sku in short)
    message = f"Paid, but the stock is gone: {named} missing"
    timeline.record(order, "oversold", message, at=at, data={"missing": dict(missing)})


def take_out_of_cart(order: Order, articles: int) -> None:
    """What was bought, so many articles, leaves the cart; what was added while paying stays."""
    which = {"order": order.pk, "token": order.cart_token}
    if ALL_BOUGHT.run(**which) < articles:  # usually all is gone, and this would find nothing
        SOME_BOUGHT.run(**which)
    if order.discount_code:
        Cart.objects.filter(token=order.cart_token).update(code="")
