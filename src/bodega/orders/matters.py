"""What a mail is about: the facts it states, found by the name of the matter."""

from typing import Any

from django.conf import settings
from django.db.models import IntegerField

from bodega.databases.prepared import Parameter, Prepared
from bodega.lib.money import Money
from bodega.merchant.models import Merchant
from bodega.orders.models import Cancellation, Order, OrderAddress, OrderLine
from bodega.orders.statements import moment, receipt
from bodega.orders.wording import Kind

# Both run for every mail.
LINES = Prepared(
    lambda: OrderLine.objects.filter(order=Parameter("order", IntegerField())).order_by("pk")
)
SHIPPING = Prepared(
    lambda: OrderAddress.objects.filter(
        order=Parameter("order", IntegerField()), kind=OrderAddress.Kind.SHIPPING
    )
)


def correspondent(order: Order, kind: Kind, about: str) -> str:
    """The address of the customer: the order's, unless a withdrawal named another one for itself."""
    if "withdrawal" in kind.blocks:
        return order.withdrawals.get(public_id=about).email
    return order.email


def facts(order: Order, kind: Kind, about: str, merchant: Merchant) -> dict[str, Any]:
    """What the templates know; `values` are the placeholders of the words.

    Raises DoesNotExist when there is no such matter.
    """
    shipping = SHIPPING.first(order=order.pk)
    backoffice = f"/backoffice/orders/order/{order.pk}/change/"
    path = backoffice if kind.is_for_merchant else order.get_absolute_url()
    common = {
        "name": shipping.name if shipping else "",
        "number": order.number,
        "shop": merchant.name,
        "total": order.total_money.display(merchant.language),
        "link": settings.PUBLIC_URL + path,
    }
    known: dict[str, Any] = {
        "order": order,
        "shop": merchant,
        "lines": LINES.rows(order=order.pk),
        "shipping_address": shipping,
        "link": common["link"],
    }
    own, values = _own(order, kind, about, merchant)
    return known | own | {"values": common | values}


def _own(
    order: Order, kind: Kind, about: str, merchant: Merchant
) -> tuple[dict[str, Any], dict[str, str]]:
    """The matter itself, and its placeholders."""
    if "parcel" in kind.blocks:
        parcel = order.shipments.get(n=about)
        named = {"carrier": parcel.carrier, "tracking_number": parcel.tracking_number}
        return {"parcel": parcel, "packed": parcel.lines.select_related("line")}, named
    if "withdrawal" in kind.blocks:
        withdrawal = order.withdrawals.get(public_id=about)
        said = {"time": moment(withdrawal.confirmed_at), "reason": withdrawal.decision}
        return {"content": receipt(withdrawal)}, said
    if kind.name == "cancelled":
        return {}, _about_cancellation(order)
    if kind.name == "refunded":
        refund = order.refunds.get(idempotency_key=about)
        amount = Money(refund.amount, refund.currency).display(merchant.language)
        return {"refund": refund, "returned": refund.lines.select_related("line")}, {
            "amount": amount
        }
    if kind.name == "dispute":
        dispute = order.disputes.get(dispute_id=about)
        amount = Money(dispute.amount, dispute.currency).display(merchant.language)
        deadline = moment(dispute.due_by) if dispute.due_by else "a day that Stripe tells"
        return {"dispute": dispute}, {"amount": amount, "deadline": deadline}
    return {}, {}


def _about_cancellation(order: Order) -> dict[str, str]:
    reason = Cancellation.objects.get(order=order).reason
    money = "What you have paid is given back to you." if order.is_paid else "Nothing was charged."
    return {"reason": reason, "money": money}
