"""The ledger of money that moved (design 5.2)."""

from django.db import models

from bodega.orders.models import Order
from bodega.payments.models.attempt import Attempt


class LedgerEntry(models.Model):
    """Money that moved at Stripe, once. `amount` is signed: what the shop gets adds."""

    class Kind(models.TextChoices):
        CHARGE = "charge", "Charge"
        REFUND = "refund", "Refund"
        REFUND_FAILED = "refund_failed", "Refund that came back"
        DISPUTE = "dispute", "Taken for a dispute"
        DISPUTE_WON = "dispute_won", "Given back after a dispute"

    order = models.ForeignKey(Order, models.PROTECT, related_name="ledger")
    attempt = models.ForeignKey(Attempt, models.PROTECT, null=True, related_name="ledger")
    payment_intent = models.CharField(max_length=80)
    kind = models.CharField(max_length=16, choices=Kind)
    reference = models.CharField(
        max_length=80,
        blank=True,
        help_text="Stripe's id of the refund or dispute; empty for charges.",
    )
    charge = models.CharField(max_length=80, blank=True)
    amount = models.BigIntegerField(help_text="Minor units, signed.")
    currency = models.CharField(max_length=3)
    livemode = models.BooleanField(default=False)
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]
        verbose_name_plural = "ledger entries"
        constraints = [
            models.UniqueConstraint(
                fields=["payment_intent", "kind", "reference"], name="money_moves_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.amount} {self.currency} ({self.payment_intent})"
