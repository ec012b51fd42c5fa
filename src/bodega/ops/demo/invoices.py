"""The demo's past orders have invoices, as if each had been issued with its payment."""

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from django.db.models import Model

from bodega.merchant.models import Merchant
from bodega.orders.models import Invoice, Order, OrderAddress, OrderLine, Series
from bodega.orders.numbering import printed
from bodega.orders.papers import contents


def issue(orders: Iterable[Order], rows: Iterable[Model], merchant: Merchant) -> None:
    """Invoices for the paid ones among `orders`, numbered in the order of their payments."""
    lines = parts(rows, OrderLine, contents.LINE)
    addresses = parts(rows, OrderAddress, ("kind", *contents.ADDRESS))
    paid = sorted(
        ((o.paid_at, o) for o in orders if o.paid_at), key=lambda pair: (pair[0], pair[1].pk)
    )
    invoices = []
    for sequence, (at, order) in enumerate(paid, 1):
        number = printed(merchant.invoice_prefix, sequence)
        said = contents.invoice(order, lines[order.pk], addresses[order.pk], merchant, at)
        invoices.append(
            Invoice(
                order=order,
                sequence=sequence,
                number=number,
                currency=order.currency,
                total=order.total,
                tax=order.tax,
                content={**said, "number": number},
                issued_at=at,
            )
        )
    Invoice.objects.bulk_create(invoices)
    Series.objects.create(kind=Invoice.Kind.INVOICE, last=len(invoices))


def parts(
    rows: Iterable[Model], table: type[OrderLine | OrderAddress], fields: Iterable[str]
) -> dict[int, list[dict[str, Any]]]:
    """The rows of a table as the contents of papers want them, by their order's id."""
    by_order: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        if isinstance(row, table):
            by_order[row.order_id].append({field: getattr(row, field) for field in fields})
    return by_order
