"""What left the house: shipments of an order."""

from django.db import models

from bodega.orders.models.order import Order, OrderLine


class Shipment(models.Model):
    """A parcel of an order. There may be several; the order is fulfilled when all of it has left."""

    order = models.ForeignKey(Order, models.PROTECT, related_name="shipments")
    n = models.PositiveSmallIntegerField(help_text="1 for the order's first parcel.")
    carrier = models.CharField(max_length=40, blank=True)
    tracking_number = models.CharField(max_length=60, blank=True)
    tracking_url = models.URLField(blank=True)
    actor = models.CharField(max_length=80)
    shipped_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["order", "n"]
        constraints = [models.UniqueConstraint(fields=["order", "n"], name="parcel_once")]

    def __str__(self) -> str:
        return f"{self.order}/{self.n}"


class ShipmentLine(models.Model):
    """How many of an order's line are in a parcel."""

    shipment = models.ForeignKey(Shipment, models.CASCADE, related_name="lines")
    line = models.ForeignKey(OrderLine, models.PROTECT, related_name="shipped")
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["shipment", "line"], name="packed_once")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line.title}"
