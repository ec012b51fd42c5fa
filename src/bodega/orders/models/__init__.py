"""Orders: what was agreed, what became of it, and the papers about it."""

from bodega.orders.models.ending import Cancellation, Tombstone, Withdrawal, WithdrawalLine
from bodega.orders.models.invoice import Invoice, Series
from bodega.orders.models.mail import Mail, MailTemplate
from bodega.orders.models.order import Order, OrderAddress, OrderEvent, OrderLine, new_public_id
from bodega.orders.models.shipment import Shipment, ShipmentLine

__all__ = [
    "Cancellation",
    "Invoice",
    "Mail",
    "MailTemplate",
    "Order",
    "OrderAddress",
    "OrderEvent",
    "OrderLine",
    "Series",
    "Shipment",
    "ShipmentLine",
    "Tombstone",
    "Withdrawal",
    "WithdrawalLine",
    "new_public_id",
]
