"""Tax classes and what they cost where."""

from django.core.validators import MaxValueValidator
from django.db import models

from bodega.merchant.models import COUNTRY
from bodega.taxes.amounts import MILLION, Rate


class TaxClass(models.Model):
    """Goods that are taxed alike: standard, reduced, zero."""

    code = models.SlugField(max_length=20, unique=True)
    name = models.CharField(max_length=60)

    class Meta:
        verbose_name_plural = "tax classes"
        ordering = ["code"]

    def __str__(self) -> str:
        return self.name


class TaxRate(models.Model):
    """A rate for a class in a country, or in one region of it (which then wins)."""

    tax_class = models.ForeignKey(TaxClass, models.CASCADE, related_name="rates")
    country = models.CharField(max_length=2, validators=[COUNTRY])
    region = models.CharField(max_length=60, blank=True, help_text="Empty: the whole country.")
    name = models.CharField(
        max_length=40, default="VAT", help_text='As invoices call it: "VAT", "Sales tax".'
    )
    ppm = models.PositiveIntegerField(
        "rate",
        validators=[MaxValueValidator(MILLION, "A rate is at most 100 %%, that is 1000000.")],
        help_text="Millionths: 19 % is 190000, 8.875 % is 88750.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tax_class", "country", "region"], name="one_rate_per_place"
            )
        ]
        ordering = ["country", "region"]

    def __str__(self) -> str:
        place = f"{self.country} {self.region}".strip()
        return f"{Rate(self.name, self.ppm)} ({place})"
