"""An order becomes paid, once."""

from collections.abc import Mapping
from datetime import datetime

from django.db.models import F, OuterRef, Subquery

from bodega import outbox
from bodega.cart.models import Cart, CartLine
from bodega.catalog import stock
from bodega.merchant.models import Merchant
from bodega.orders import invoicing, mails, timeline
from bodega.orders.models import Order
from bodega.orders.thanking import thank

# Money that arrives after the shop gave up is kept, never dropped (design 5.2, point 5).
PAYABLE = (Order.Status.AWAITING_PAYMENT, Order.Status.EXPIRED, Order.Status.CANCELLED)


def mark_paid(order: Order, *, at: datetime, actor: str, livemode: bool) -> bool:
    """The order is paid; False when it was already. Runs inside the caller's transaction.

    Issues the invoice, turns the reservation into a sale (what is missing by now makes the order
    `is_oversold`: the merchant decides), empties the cart of what was bought, and leaves receipt and
    announcement in the outbox.
    """
    # A cancelled order that was paid before is paid a second time: that goes back, the order stays.
    seen = Order.objects.filter(pk=order.pk, status__in=PAYABLE, paid_at=None)
    if not seen.update(status=Order.Status.PAID, paid_at=at, livemode=livemode):
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
    bought = order.lines.filter(variant=OuterRef("variant")).values("quantity")[:1]
    lines = CartLine.objects.filter(cart__token=order.cart_token)
    lines = lines.annotate(bought=Subquery(bought)).filter(bought__isnull=False)
    gone, _ = lines.filter(quantity__lte=F("bought")).delete()
    if gone < articles:  # usually all is gone, and this would find nothing
        lines.update(quantity=F("quantity") - F("bought"))
    if order.discount_code:
        Cart.objects.filter(token=order.cart_token).update(code="")
