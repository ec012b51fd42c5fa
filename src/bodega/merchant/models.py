"""The merchant and the pages the law wants. One merchant per volume."""

from babel import Locale, UnknownLocaleError
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models

from bodega.databases.prepared import Prepared
from bodega.lib.money import Money

CURRENCY = RegexValidator(r"^[A-Z]{3}$", "Three capital letters, as in EUR.")
COUNTRY = RegexValidator(r"^[A-Z]{2}$", "Two capital letters, as in DE.")


def check_language(language: str) -> None:
    """Refuse what Babel cannot write prices in: it would break every page with a price."""
    try:
        Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        raise ValidationError(
            f"'{language}' is no language we know; try en, de or fr-CH."
        ) from None


class Merchant(models.Model):
    """The shop's own data. A single row, `Merchant.current()`; every value is shown to customers."""

    name = models.CharField(max_length=80, default="My shop")
    tagline = models.CharField(max_length=160, blank=True)
    legal_name = models.CharField(max_length=120, blank=True)
    email = models.EmailField(
        default="shop@example.com", help_text="Shown to customers; sender of mails."
    )
    orders_email = models.EmailField(
        "mail about orders",
        blank=True,
        help_text="Told of every new order, withdrawal and dispute. Empty: nobody is.",
    )
    phone = models.CharField(max_length=40, blank=True)
    street = models.CharField(max_length=120, blank=True)
    postcode = models.CharField(max_length=20, blank=True)
    city = models.CharField(max_length=80, blank=True)
    country = models.CharField(max_length=2, default="DE", validators=[COUNTRY])
    vat_id = models.CharField("VAT id", max_length=20, blank=True)
    tax_number = models.CharField(max_length=30, blank=True, help_text="Printed on invoices.")
    currency = models.CharField(max_length=3, default="EUR", validators=[CURRENCY])
    prices_include_tax = models.BooleanField(default=True)
    language = models.CharField(
        max_length=10,
        default="en",
        validators=[check_language],
        help_text="How prices and dates are written.",
    )
    order_prefix = models.CharField(max_length=8, default="B-", blank=True)
    invoice_prefix = models.CharField(max_length=12, default="INV-", blank=True)
    credit_note_prefix = models.CharField(max_length=12, default="CN-", blank=True)
    invoice_note = models.TextField(
        blank=True, help_text="Printed at the foot of every invoice: bank, register, thanks."
    )
    withdrawal_days = models.PositiveSmallIntegerField(
        default=14,
        help_text="How long customers may withdraw after delivery (EU: at least 14). 0: not at all.",
    )
    reservation_minutes = models.PositiveSmallIntegerField(
        default=30, help_text="How long checkout holds stock while the customer pays (at least 30)."
    )
    announcement = models.CharField(
        max_length=200, blank=True, help_text="A line above every page."
    )
    delivery_note = models.CharField(
        max_length=160,
        blank=True,
        help_text="Shown on every product page, e.g. “Leaves our studio in 2–3 working days.”",
    )
    is_demo = models.BooleanField(default=False, help_text="Shows the demo banner.")

    class Meta:
        verbose_name = verbose_name_plural = "merchant"
        constraints = [models.CheckConstraint(condition=models.Q(pk=1), name="one_merchant")]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse prefixes with which two documents could bear the same number."""
        if self.invoice_prefix == self.credit_note_prefix:
            sentence = "Invoices and credit notes are counted apart, so their prefixes must differ."
            raise ValidationError({"credit_note_prefix": sentence})
        for field in ("invoice_prefix", "credit_note_prefix"):
            if getattr(self, field)[-1:].isdigit():
                raise ValidationError({field: "A number follows: end with a letter or a sign."})

    @classmethod
    def current(cls) -> "Merchant":
        """The merchant's row; made with defaults on an empty volume."""
        return CURRENT.first() or cls.objects.get_or_create(pk=1)[0]

    def money(self, amount: int) -> Money:
        """`amount` minor units in the shop's currency."""
        return Money(amount, self.currency)


CURRENT = Prepared(lambda: Merchant.objects.filter(pk=1))  # every page asks


class Page(models.Model):
    """A page of text: imprint, terms, privacy, withdrawal, about. Body in Markdown."""

    class Kind(models.TextChoices):
        TERMS = "terms", "Terms and conditions"
        PRIVACY = "privacy", "Privacy"
        IMPRINT = "imprint", "Imprint"
        WITHDRAWAL = "withdrawal", "Right of withdrawal"
        OTHER = "other", "Other"

    kind = models.CharField(max_length=12, choices=Kind, default=Kind.OTHER)
    title = models.CharField(max_length=80)
    slug = models.SlugField(unique=True)
    body = models.TextField(blank=True, help_text="Markdown.")
    position = models.PositiveSmallIntegerField(default=0)
    in_footer = models.BooleanField(default=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["position", "title"]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return f"/pages/{self.slug}/"
