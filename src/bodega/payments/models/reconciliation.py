"""Comparing the shop with Stripe: each run, and what did not agree (design 5.2, point 6)."""

from django.db import models

from bodega.orders.models import Order


class Reconciliation(models.Model):
    """A run of the sweeper. `since` is how far back it looked."""

    class Kind(models.TextChoices):
        SWEEP = "sweep", "Every few minutes"
        OPENING = "opening", "Before checkout opened"
        NIGHTLY = "nightly", "Nightly, balance transactions too"
        MANUAL = "manual", "By hand"

    kind = models.CharField(max_length=8, choices=Kind)
    since = models.DateTimeField()
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    seen = models.PositiveIntegerField(default=0, help_text="Objects of Stripe that were compared.")
    settled = models.PositiveIntegerField(default=0, help_text="Orders this run made paid.")
    rebuilt = models.PositiveIntegerField(default=0, help_text="Of them: rows that had been lost.")
    lag = models.PositiveIntegerField(
        default=0, help_text="Seconds from the oldest payment it settled to its settling."
    )
    findings = models.PositiveIntegerField(default=0, help_text="Open differences afterwards.")
    endpoint = models.CharField(
        max_length=400, blank=True, help_text="What is wrong with the webhook endpoint at Stripe."
    )
    error = models.CharField(max_length=400, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["kind", "-finished_at"], name="reconciled_when")]

    def __str__(self) -> str:
        return f"{self.kind} {self.started_at:%Y-%m-%d %H:%M}"


class Discrepancy(models.Model):
    """Something on which the shop and Stripe do not agree. All three lists should be empty."""

    class Kind(models.TextChoices):
        NOT_IN_SHOP = "not_in_shop", "Charged, but not in the shop"
        NOT_AT_STRIPE = "not_at_stripe", "In the shop, but not at Stripe"
        AMOUNT_DIFFERS = "amount_differs", "The amounts differ"

    kind = models.CharField(max_length=16, choices=Kind)
    reference = models.CharField(max_length=120, help_text="Stripe's id of what it is about.")
    order = models.ForeignKey(Order, models.PROTECT, null=True, related_name="discrepancies")
    here = models.BigIntegerField(null=True, help_text="Minor units, signed.")
    there = models.BigIntegerField(null=True, help_text="Minor units, signed.")
    currency = models.CharField(max_length=3)
    detail = models.CharField(max_length=400)
    happened_at = models.DateTimeField(help_text="When the money moved.")
    found_at = models.DateTimeField()
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolution = models.CharField(max_length=400, blank=True)
    actor = models.CharField(max_length=80, blank=True)

    class Meta:
        ordering = ["-happened_at"]
        verbose_name_plural = "discrepancies"
        constraints = [models.UniqueConstraint(fields=["kind", "reference"], name="differs_once")]
        indexes = [models.Index(fields=["resolved_at"], name="discrepancy_open")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.reference}"
