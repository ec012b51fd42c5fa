"""Attempts to pay, Stripe's events, and the ledger of money that moved (design 5.2)."""

from django.db import models

from bodega.orders.models import Order


class Attempt(models.Model):
    """One try to have an order paid: one Checkout Session at Stripe, one idempotency key."""

    class State(models.TextChoices):
        NEW = "new", "Not yet at Stripe"
        OPEN = "open", "Waiting for the customer"
        UNKNOWN = "unknown", "Stripe's answer was lost"
        PROCESSING = "processing", "Completed, money on its way"
        PAID = "paid", "Paid"
        EXPIRED = "expired", "Expired"
        FAILED = "failed", "Failed"
        DIFFERS = "differs", "Paid, but not what was asked for"

    order = models.ForeignKey(Order, models.PROTECT, related_name="attempts")
    n = models.PositiveSmallIntegerField(help_text="1 for the first try.")
    idempotency_key = models.CharField(max_length=120, unique=True)
    session_id = models.CharField(max_length=120, unique=True, null=True, blank=True)
    session_url = models.TextField(blank=True)
    payment_intent = models.CharField(max_length=80, blank=True, db_index=True)
    amount = models.PositiveBigIntegerField(help_text="Minor units.")
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    error = models.TextField(blank=True)
    livemode = models.BooleanField(default=False)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "n"], name="attempt_once")]
        indexes = [models.Index(fields=["state", "created_at"], name="attempt_by_state")]

    def __str__(self) -> str:
        return f"{self.order} #{self.n} ({self.state})"

    @property
    def is_startable(self) -> bool:
        """Whether the customer can still be sent to Stripe with it."""
        return self.state in STARTABLE


# The customer may still pay with it; money may still come of it.
STARTABLE = (Attempt.State.NEW, Attempt.State.OPEN, Attempt.State.UNKNOWN)
ALIVE = (*STARTABLE, Attempt.State.PROCESSING, Attempt.State.DIFFERS)


class LedgerEntry(models.Model):
    """Money that moved at Stripe, once. `amount` is signed: charges add, refunds subtract."""

    class Kind(models.TextChoices):
        CHARGE = "charge", "Charge"
        REFUND = "refund", "Refund"

    order = models.ForeignKey(Order, models.PROTECT, related_name="ledger")
    attempt = models.ForeignKey(Attempt, models.PROTECT, null=True, related_name="ledger")
    payment_intent = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=Kind)
    reference = models.CharField(
        max_length=80, blank=True, help_text="Stripe's refund id; empty for charges."
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


class WebhookEvent(models.Model):
    """The inbox: what Stripe told us, verbatim, stored before it is answered."""

    event_id = models.CharField(max_length=80, unique=True)
    type = models.CharField(max_length=80)
    object_id = models.CharField(max_length=120, blank=True, help_text="data.object.id")
    livemode = models.BooleanField(default=False)
    payload = models.TextField(help_text="The raw body.")
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["processed_at"], name="event_by_processing")]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"
