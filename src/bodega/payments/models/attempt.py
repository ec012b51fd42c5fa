"""Attempts to have an order paid (design 5.2)."""

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
    captured = models.PositiveBigIntegerField(default=0, help_text="What Stripe has charged.")
    refunded = models.PositiveBigIntegerField(
        default=0, help_text="Of it given back or on its way; guarded: never above captured."
    )
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    error = models.TextField(blank=True)
    livemode = models.BooleanField(default=False)
    expires_at = models.DateTimeField()
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "n"], name="attempt_once"),
            models.CheckConstraint(
                condition=models.Q(refunded__lte=models.F("captured")), name="refunds_are_covered"
            ),
        ]
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
