"""Money that goes back: refunds the shop makes, and disputes it is drawn into (design 5.2, 7 and 8)."""

from django.db import models

from bodega.lib.money import Money
from bodega.orders.models import Order, OrderLine
from bodega.payments.models.attempt import Attempt


class Refund(models.Model):
    """Money given back of one payment: recorded with its key first, then asked of Stripe.

    `amount` is counted in the attempt's and the order's `refunded` from the moment it is recorded until
    it fails, so that refunds never exceed what was captured, however many are made at once.

    `credited` is what a credit note gives back of the order's price. It is less than `amount` where the
    shop held more than the price (an order paid twice; a refund that failed after it was credited), and
    it stays when a refund fails later: the credit note is written, so the customer is still owed.
    """

    class State(models.TextChoices):
        NEW = "new", "Not yet at Stripe"
        UNKNOWN = "unknown", "Stripe's answer was lost"
        PENDING = "pending", "On its way"
        SUCCEEDED = "succeeded", "Refunded"
        FAILED = "failed", "Failed"

    class Reason(models.TextChoices):
        REQUESTED = "requested_by_customer", "Requested by the customer"
        DUPLICATE = "duplicate", "Paid twice"
        FRAUDULENT = "fraudulent", "Fraud"
        OTHER = "other", "Something else"

    order = models.ForeignKey(Order, models.PROTECT, related_name="refunds")
    attempt = models.ForeignKey(Attempt, models.PROTECT, related_name="refunds")
    idempotency_key = models.CharField(max_length=120, unique=True)
    refund_id = models.CharField(max_length=80, unique=True, null=True, blank=True)
    amount = models.PositiveBigIntegerField(help_text="Minor units, shipping included.")
    shipping = models.PositiveBigIntegerField(default=0, help_text="Of it for shipping.")
    credited = models.PositiveBigIntegerField(default=0, help_text="Of it on a credit note.")
    currency = models.CharField(max_length=3)
    state = models.CharField(max_length=10, choices=State, default=State.NEW)
    reason = models.CharField(max_length=24, choices=Reason, default=Reason.REQUESTED)
    note = models.CharField(max_length=400, blank=True, help_text="For the shop, not the customer.")
    actor = models.CharField(max_length=80)
    is_imported = models.BooleanField(default=False, help_text="Made in Stripe's dashboard.")
    failure = models.CharField(max_length=200, blank=True)
    is_owed = models.BooleanField(
        default=False, help_text="Came back after it was made: the customer waits for the money."
    )
    repeats = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="repetitions"
    )
    livemode = models.BooleanField(default=False)
    created_at = models.DateTimeField()
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["state", "created_at"], name="refund_by_state")]

    def __str__(self) -> str:
        return f"{self.money} of {self.order} ({self.get_state_display().lower()})"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def is_waiting(self) -> bool:
        """Stripe has not said yet that it made the refund."""
        return self.state in WAITING


# Recorded, and perhaps made at Stripe.
WAITING = (Refund.State.NEW, Refund.State.UNKNOWN)


class RefundLine(models.Model):
    """What a refund is for: how many of a line, for how much, and whether they go back on the shelf."""

    refund = models.ForeignKey(Refund, models.CASCADE, related_name="lines")
    line = models.ForeignKey(OrderLine, models.PROTECT, related_name="refunds")
    quantity = models.PositiveIntegerField()
    amount = models.PositiveBigIntegerField(help_text="Minor units.")
    is_restocked = models.BooleanField(default=False)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["refund", "line"], name="refunded_once")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line.title}"


class Dispute(models.Model):
    """A payment the customer's bank asks back: a deadline, and money at stake.

    `status` and `reason` are Stripe's own words (API reference, the Dispute object).
    """

    order = models.ForeignKey(Order, models.PROTECT, null=True, related_name="disputes")
    dispute_id = models.CharField(max_length=80, unique=True)
    payment_intent = models.CharField(max_length=80, blank=True, db_index=True)
    charge = models.CharField(max_length=80, blank=True)
    amount = models.PositiveBigIntegerField(help_text="Minor units.")
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=40)
    status = models.CharField(max_length=40)
    due_by = models.DateTimeField(null=True, blank=True, help_text="Until when evidence counts.")
    evidence_note = models.TextField(blank=True, help_text="What the shop has to say for itself.")
    livemode = models.BooleanField(default=False)
    opened_at = models.DateTimeField()
    updated_at = models.DateTimeField(auto_now=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-opened_at"]
        indexes = [models.Index(fields=["closed_at", "due_by"], name="dispute_by_deadline")]

    def __str__(self) -> str:
        return f"{self.money}: {self.reason_text} ({self.status_text})"

    @property
    def money(self) -> Money:
        return Money(self.amount, self.currency)

    @property
    def wants_answer(self) -> bool:
        """Whether evidence can still be handed in."""
        return self.status in WANTS_ANSWER

    @property
    def reason_text(self) -> str:
        """Stripe's reason for people: "product not received"."""
        return self.reason.replace("_", " ")

    @property
    def status_text(self) -> str:
        """Stripe's status for people: "needs response"."""
        return self.status.replace("_", " ")

    @property
    def dashboard_url(self) -> str:
        """Where it is answered."""
        mode = "" if self.livemode else "test/"
        return f"https://dashboard.stripe.com/{mode}disputes/{self.dispute_id}"


WANTS_ANSWER = ("needs_response", "warning_needs_response")
