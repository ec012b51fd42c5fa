"""An order: what was agreed, frozen. Amounts are minor units of the order's currency.

`total = subtotal − discount + shipping (+ tax when prices exclude it)`; line and shipping taxes are
snapshots, so the order says the same in ten years.
"""

import secrets

from django.db import models

from bodega.catalog.models import Variant
from bodega.lib.money import Money


def new_public_id() -> str:
    """An unguessable id for addresses: 128 bits."""
    return secrets.token_hex(16)


class Order(models.Model):
    """One purchase."""

    class Status(models.TextChoices):
        AWAITING_PAYMENT = "awaiting_payment", "Awaiting payment"
        PAID = "paid", "Paid"
        FULFILLED = "fulfilled", "Shipped"
        EXPIRED = "expired", "Not paid in time"
        CANCELLED = "cancelled", "Cancelled"

    public_id = models.CharField(max_length=32, unique=True, default=new_public_id, editable=False)
    number = models.CharField(max_length=20, unique=True, editable=False)
    checkout_key = models.CharField(
        max_length=64,
        unique=True,
        help_text="Idempotency key of the checkout form: a repeated POST finds this order.",
    )
    status = models.CharField(max_length=16, choices=Status, default=Status.AWAITING_PAYMENT)
    email = models.EmailField()
    phone = models.CharField(max_length=40, blank=True)
    note = models.TextField(blank=True, help_text="What the customer wrote.")
    currency = models.CharField(max_length=3)
    prices_include_tax = models.BooleanField()
    subtotal = models.PositiveBigIntegerField(help_text="Goods before discount.")
    discount = models.PositiveBigIntegerField(
        default=0, help_text="Off the goods; free shipping is not in it."
    )
    discount_code = models.CharField(max_length=30, blank=True)
    shipping = models.PositiveBigIntegerField(default=0)
    shipping_tax = models.PositiveBigIntegerField(default=0)
    shipping_method = models.CharField(max_length=60, blank=True)
    shipping_days = models.CharField(max_length=20, blank=True, help_text='"2–4"')
    is_pickup = models.BooleanField(default=False)
    tax = models.PositiveBigIntegerField(
        default=0, help_text="All of it, contained in or added to the total."
    )
    total = models.PositiveBigIntegerField()
    taxes = models.JSONField(
        default=list, blank=True, help_text="What an invoice states: name, ppm, net, tax per rate."
    )
    cart_token = models.CharField(
        max_length=32, blank=True, help_text="The cart it came from; emptied once it is paid."
    )
    terms_accepted_at = models.DateTimeField(null=True, blank=True)
    placed_at = models.DateTimeField()
    expires_at = models.DateTimeField(
        null=True, blank=True, help_text="Until when the stock is held for the payment."
    )
    paid_at = models.DateTimeField(null=True, blank=True)
    is_recovered = models.BooleanField(
        default=False, help_text="Rebuilt from Stripe: the row had been lost."
    )
    is_oversold = models.BooleanField(default=False, help_text="Paid after the stock was gone.")
    refunded = models.PositiveBigIntegerField(
        default=0, help_text="Given back, or on its way: what refunds that did not fail add up to."
    )
    livemode = models.BooleanField(default=False)

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["status", "-placed_at"], name="order_by_status"),
            models.Index(fields=["email"], name="order_by_email"),
            models.Index(fields=["-paid_at"], name="order_by_payment"),
            models.Index(fields=["status", "expires_at"], name="order_by_expiry"),
            models.Index(fields=["cart_token"], name="order_by_cart"),
        ]

    def __str__(self) -> str:
        return self.number

    def get_absolute_url(self) -> str:
        """The public status page."""
        return f"/orders/{self.public_id}/"

    @property
    def total_money(self) -> Money:
        return Money(self.total, self.currency)

    @property
    def is_awaiting(self) -> bool:
        return self.status == self.Status.AWAITING_PAYMENT

    @property
    def is_paid(self) -> bool:
        """Paid, whatever happened afterwards."""
        return self.paid_at is not None

    @property
    def added_tax(self) -> int:
        """The tax that comes on top of prices; 0 where prices contain it."""
        return 0 if self.prices_include_tax else self.tax

    @property
    def channel(self) -> str:
        """Name of the order's live channel."""
        return f"order-{self.public_id}"


class OrderLine(models.Model):
    """A line as it was agreed; the catalogue may change afterwards."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    variant = models.ForeignKey(Variant, models.SET_NULL, null=True, related_name="+")
    sku = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    options = models.CharField(max_length=120, blank=True)
    image = models.CharField(max_length=200, blank=True, help_text="Address of the picture.")
    quantity = models.PositiveIntegerField()
    unit_price = models.PositiveIntegerField()
    subtotal = models.PositiveBigIntegerField(help_text="unit_price × quantity")
    discount = models.PositiveBigIntegerField(
        default=0, help_text="This line's share of the discount."
    )
    tax_name = models.CharField(max_length=40, blank=True)
    tax_ppm = models.PositiveIntegerField(default=0, help_text="Millionths: 19 % is 190000.")
    tax = models.PositiveBigIntegerField(default=0)
    weight = models.PositiveIntegerField(default=0, help_text="Grams apiece.")

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.title}"

    @property
    def total(self) -> int:
        """What the customer pays for the line, tax as the order's prices have it."""
        return self.subtotal - self.discount


class OrderAddress(models.Model):
    """Where it goes, or whom the invoice names."""

    class Kind(models.TextChoices):
        SHIPPING = "shipping", "Shipping"
        BILLING = "billing", "Billing"

    order = models.ForeignKey(Order, models.CASCADE, related_name="addresses")
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.SHIPPING)
    name = models.CharField(max_length=120)
    company = models.CharField(max_length=120, blank=True)
    street = models.CharField(max_length=120)
    extra = models.CharField(max_length=120, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=80)
    region = models.CharField(max_length=60, blank=True)
    country = models.CharField(max_length=2)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["order", "kind"], name="one_address_per_kind")
        ]
        verbose_name_plural = "order addresses"

    def __str__(self) -> str:
        return f"{self.name}, {self.city}"


class OrderEvent(models.Model):
    """The order's timeline: every change of state, note, mail and payment. Never updated."""

    order = models.ForeignKey(Order, models.CASCADE, related_name="events")
    kind = models.CharField(max_length=24, help_text="placed, paid, note, mail_sent, …")
    message = models.CharField(max_length=400)
    actor = models.CharField(max_length=80, default="shop")
    is_public = models.BooleanField(default=False, help_text="Shown on the customer's status page.")
    data = models.JSONField(default=dict, blank=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["pk"]

    def __str__(self) -> str:
        return self.message
