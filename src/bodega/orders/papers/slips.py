"""What a packing slip says: made when it is asked for, because a parcel is packed now."""

from bodega.merchant.models import Merchant
from bodega.orders.models import Order, OrderAddress, Shipment
from bodega.orders.papers.contents import ADDRESS, Content, day, head
from bodega.orders.papers.printing import print_papers


def packing_slip(order: Order, parcel: Shipment | None = None) -> bytes:
    """The PDF for a parcel, or the whole order, in a third of a second. Raises PrintFailed."""
    [pdf] = print_papers([slip(order, parcel)])
    return pdf


def slip(order: Order, parcel: Shipment | None) -> Content:
    """Address, articles and how many of each; no prices."""
    place = order.addresses.filter(kind=OrderAddress.Kind.SHIPPING).first()
    quantities = (
        {line.pk: line.quantity for line in order.lines.all()}
        if parcel is None
        else dict(parcel.lines.values_list("line", "quantity"))
    )
    lines = order.lines.filter(pk__in=quantities).select_related("variant")
    return {
        **head(order, Merchant.current(), order.placed_at),
        "kind": "packing_slip",
        "address": {f: getattr(place, f) for f in ADDRESS if getattr(place, f)} if place else None,
        "lines": [
            {
                "sku": line.sku,
                "title": line.title,
                "options": line.options,
                "quantity": quantities[line.pk],
                "barcode": line.variant.barcode if line.variant else "",
            }
            for line in lines
        ],
        "shipped": day(parcel.shipped_at) if parcel else "",
        "shipping_method": (parcel and parcel.carrier) or order.shipping_method,
        "parcel": parcel.n if parcel else 0,
        "customers_note": order.note,
    }
