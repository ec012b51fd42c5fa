"""A guest's cart, found by the token in a cookie."""

from django.db import models

from bodega.catalog.models import Variant


class Cart(models.Model):
    """Lives `EXPIRES_AFTER` since its last change."""

    token = models.CharField(max_length=32, unique=True)
    code = models.CharField(max_length=30, blank=True, help_text="Discount code, as typed.")
    country = models.CharField(
        max_length=2, blank=True, help_text="Where it would be sent, for estimates."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.token


class CartLine(models.Model):
    """So many of a variant, at the price the customer last saw."""

    cart = models.ForeignKey(Cart, models.CASCADE, related_name="lines")
    variant = models.ForeignKey(Variant, models.CASCADE, related_name="+")
    quantity = models.PositiveIntegerField(default=1)
    seen_price = models.PositiveIntegerField(
        help_text="Minor units; differs from the price: tell the customer."
    )

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["cart", "variant"], name="variant_once_per_cart")
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant_id}"
