"""Discount codes and who used them."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models import Q

CODE = RegexValidator(
    r"^[A-Z0-9][A-Z0-9_.-]*\Z", "Letters without accents, digits, and - _ . after the first one."
)


def normal(code: str) -> str:
    """A code as it is stored: people type it in any case, with stray blanks."""
    return "".join(code.split()).upper()


class Discount(models.Model):
    """A code a customer types at checkout."""

    class Kind(models.TextChoices):
        PERCENT = "percent", "Percent off"
        FIXED = "fixed", "Amount off"
        FREE_SHIPPING = "free_shipping", "Free shipping"

    code = models.CharField(
        max_length=30, unique=True, validators=[CODE], help_text="Stored in capitals."
    )
    kind = models.CharField(max_length=14, choices=Kind, default=Kind.PERCENT)
    percent = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="1 to 100.",
    )
    amount = models.PositiveIntegerField(
        null=True, blank=True, validators=[MinValueValidator(1)], help_text="Minor units."
    )
    minimum = models.PositiveIntegerField(default=0, help_text="Smallest goods value, minor units.")
    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField(
        null=True, blank=True, help_text="From this moment on it is over."
    )
    limit = models.PositiveIntegerField(
        null=True, blank=True, help_text="How often in all; empty: as often as people like."
    )
    used = models.PositiveIntegerField(default=0, editable=False)
    once_per_customer = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=(
                    Q(kind="percent", percent__isnull=False, amount__isnull=True)
                    & Q(percent__gte=1, percent__lte=100)
                    | Q(kind="fixed", amount__isnull=False, amount__gte=1, percent__isnull=True)
                    | Q(kind="free_shipping", percent__isnull=True, amount__isnull=True)
                ),
                name="discount_has_what_its_kind_needs",
            )
        ]

    def __str__(self) -> str:
        return self.code

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.code = normal(self.code)
        super().save(*args, **kwargs)

    def clean_fields(self, exclude: Any = None) -> None:
        self.code = normal(self.code)  # first, so that the validator and uniqueness see capitals
        super().clean_fields(exclude=exclude)

    def clean(self) -> None:
        """Raise ValidationError, beside the field, when kind and values do not fit together."""
        needed = {"percent": "percent", "fixed": "amount"}.get(self.kind)
        errors: dict[str, Any] = {}
        for field in ("percent", "amount"):
            if field == needed and getattr(self, field) is None:
                errors[field] = f"“{self.get_kind_display()}” needs a value here."
            elif field != needed and getattr(self, field) is not None:
                errors[field] = f"“{self.get_kind_display()}” has no use for this: leave it empty."
        if self.starts_at and self.ends_at and self.starts_at >= self.ends_at:
            errors["ends_at"] = "It must end after it starts."
        if errors:
            raise ValidationError(errors)

    @property
    def is_free_shipping(self) -> bool:
        return self.kind == self.Kind.FREE_SHIPPING


class Redemption(models.Model):
    """A use of a code by an order; unique, so a repeated request counts once."""

    discount = models.ForeignKey(Discount, models.PROTECT, related_name="redemptions")
    reference = models.CharField(max_length=40, unique=True, help_text="Public id of the order.")
    email = models.CharField(max_length=254, help_text="Lower case.")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["discount", "email"], name="redemption_by_customer")]

    def __str__(self) -> str:
        return f"{self.discount} by {self.reference}"
