"""Zones, methods and what they cost."""

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
        max_length=20, default="standard", help_text="Code of a tax class."
    )
    min_days = models.PositiveSmallIntegerField(default=1)
    max_days = models.PositiveSmallIntegerField(default=3)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(default=True)

    class Meta:
        ordering = ["position", "pk"]

    def __str__(self) -> str:
        return f"{self.name} ({self.zone})"


class Band(models.Model):
    """What a method costs from a weight (grams) or an order value (minor units) upwards.

    A flat method has one band from 0. Without a band that fits, the method is not offered.
    """

    method = models.ForeignKey(Method, models.CASCADE, related_name="bands")
    start = models.PositiveIntegerField("from", default=0)
    end = models.PositiveIntegerField("up to and including", null=True, blank=True)
    price = models.PositiveIntegerField(help_text="Minor units.")

    class Meta:
        ordering = ["start"]
        constraints = [
            models.UniqueConstraint(fields=["method", "start"], name="one_band_per_start")
        ]

    def __str__(self) -> str:
        return f"from {self.start}: {self.price}"
