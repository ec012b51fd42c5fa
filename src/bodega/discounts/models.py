"""Discount codes and who used them."""

from django.db import models


class Discount(models.Model):
    """A code a customer types at checkout."""

    class Kind(models.TextChoices):
        PERCENT = "percent", "Percent off"
        FIXED = "fixed", "Amount off"
        FREE_SHIPPING = "free_shipping", "Free shipping"

    code = models.CharField(max_length=30, unique=True, help_text="Stored in capitals.")
    kind = models.CharField(max_length=14, choices=Kind, default=Kind.PERCENT)
    percent = models.PositiveSmallIntegerField(null=True, blank=True, help_text="1 to 100.")
    amount = models.PositiveIntegerField(null=True, blank=True, help_text="Minor units.")
    minimum = models.PositiveIntegerField(default=0, help_text="Smallest goods value, minor units.")
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    limit = models.PositiveIntegerField(null=True, blank=True, help_text="How often in all.")
    used = models.PositiveIntegerField(default=0, editable=False)
    once_per_customer = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]

    def __str__(self) -> str:
        return self.code


class Redemption(models.Model):
    """A use of a code by an order; unique, so a repeated request counts once."""

    discount = models.ForeignKey(Discount, models.PROTECT, related_name="redemptions")
    reference = models.CharField(max_length=40, unique=True, help_text="Public id of the order.")
    email = models.CharField(max_length=254, help_text="Lower case.")
    at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [models.Index(fields=["discount", "email"], name="redemption_by_customer")]

    def __str__(self) -> str:
        return f"{self.discount} by {self.reference}"
