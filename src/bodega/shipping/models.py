"""Zones, methods and what they cost."""

from collections.abc import Iterable
from itertools import pairwise

from django.core.exceptions import ValidationError
from django.db import models

from bodega.merchant.models import COUNTRY


class Zone(models.Model):
    """A group of countries that are served alike."""

    name = models.CharField(max_length=60)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class ZoneCountry(models.Model):
    """A country belongs to at most one zone."""

    zone = models.ForeignKey(Zone, models.CASCADE, related_name="countries")
    country = models.CharField(max_length=2, unique=True, validators=[COUNTRY])

    class Meta:
        ordering = ["country"]
        verbose_name_plural = "zone countries"

    def __str__(self) -> str:
        return self.country


class Method(models.Model):
    """A way to get the goods: parcel, express, pickup."""

    class Basis(models.TextChoices):
        FLAT = "flat", "One price"
        WEIGHT = "weight", "By weight"
        PRICE = "price", "By order value"
        PICKUP = "pickup", "Pick up in the shop"

    zone = models.ForeignKey(Zone, models.CASCADE, related_name="methods")
    name = models.CharField(max_length=60)
    description = models.CharField(max_length=160, blank=True)
    basis = models.CharField(max_length=8, choices=Basis, default=Basis.FLAT)
    free_over = models.PositiveIntegerField(
        null=True, blank=True, help_text="Free from this order value, minor units."
    )
    tax_class = models.SlugField(
        max_length=20,
        blank=True,
        help_text="Code of a tax class. Empty: taxed as the goods that are sent, the rule in the EU.",
    )
    min_days = models.PositiveSmallIntegerField(default=1)
    max_days = models.PositiveSmallIntegerField(default=3)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.zone})"

    def clean(self) -> None:
        if self.min_days > self.max_days:
            raise ValidationError({"max_days": f"Not fewer than the {self.min_days} days before."})


class Band(models.Model):
    """What a method costs from a weight (grams) or an order value (minor units) upwards.

    Both ends are inside; without an end it goes on for ever. A flat method has one band from 0. Without
    a band that fits, the method is not offered (pickup alone needs none: it is free then).
    """

    method = models.ForeignKey(Method, models.CASCADE, related_name="bands")
    start = models.PositiveIntegerField("from", default=0)
    end = models.PositiveIntegerField("up to and including", null=True, blank=True)
    price = models.PositiveIntegerField(help_text="Minor units.")

    is_edited_with_others = False  # not a column: see `clean`

    class Meta:
        ordering = ["start"]
        constraints = [
            models.UniqueConstraint(fields=["method", "start"], name="one_band_per_start"),
            models.CheckConstraint(
                condition=models.Q(end__isnull=True) | models.Q(end__gte=models.F("start")),
                name="band_ends_after_its_start",
                violation_error_message="The band ends before it starts.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reach}: {self.price}"

    @property
    def reach(self) -> str:
        return f"from {self.start} " + ("upwards" if self.end is None else f"to {self.end}")

    def clean(self) -> None:
        """Refuse a band that overlaps with one in the database.

        Where several are edited at once (`bands.BandFormSet`) they are compared with each other
        instead: moving the border between two would otherwise be refused half-way.
        """
        if self.method_id and not self.is_edited_with_others:
            others = Band.objects.filter(method=self.method_id).exclude(pk=self.pk)
            check_apart([*others, self])

    def holds(self, measure: int) -> bool:
        """Whether a weight or value falls into this band."""
        return self.start <= measure and (self.end is None or measure <= self.end)


def check_apart(bands: Iterable[Band]) -> None:
    """Raise ValidationError, naming the two, when bands of a method overlap."""
    for lower, upper in pairwise(sorted(bands, key=lambda band: band.start)):
        if lower.holds(upper.start):
            raise ValidationError(
                f"The bands “{lower.reach}” and “{upper.reach}” overlap, so {upper.start} would have "
                f"two prices. Both ends count: end the first at {max(upper.start - 1, 0)} or start "
                "the second later."
            )
