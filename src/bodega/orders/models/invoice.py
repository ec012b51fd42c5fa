"""Invoices and credit notes: frozen documents with gapless numbers."""

from django.db import models

from bodega.lib.money import Money
from bodega.orders.models.order import Order


class Series(models.Model):
    """A run of document numbers without gaps.

    The next number is taken by a guarded update in the transaction that writes the document: rolled
    back together, so no number is ever missing.
    """

    kind = models.CharField(max_length=12, unique=True)
    last = models.PositiveBigIntegerField(default=0)

    class Meta:
        verbose_name_plural = "series"

    def __str__(self) -> str:
        return f"{self.kind}: {self.last}"


class Invoice(models.Model):
    """An invoice, or a credit note (which names the invoice it corrects). Never changed, never deleted.

    `content` is all that the document says, frozen: seller, buyer, lines, taxes per rate. The PDF is a
    rendition of it and can be made again. Amounts are minor units; a credit note's are positive.
    """

    class Kind(models.TextChoices):
        INVOICE = "invoice", "Invoice"
        CREDIT_NOTE = "credit_note", "Credit note"

    order = models.ForeignKey(Order, models.PROTECT, related_name="invoices")
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.INVOICE)
    sequence = models.PositiveBigIntegerField(help_text="Its place in the series, from 1.")
    number = models.CharField(max_length=32, db_index=True, help_text="As it is printed.")
    corrects = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="credit_notes"
    )
    about = models.CharField(
        max_length=120, blank=True, help_text="A credit note's refund: its idempotency key."
    )
    currency = models.CharField(max_length=3)
    total = models.PositiveBigIntegerField()
    tax = models.PositiveBigIntegerField()
    content = models.JSONField()
    issued_at = models.DateTimeField()
    rendered_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-issued_at", "-pk"]
        indexes = [
            models.Index(
                fields=["id"], name="papers_to_print", condition=models.Q(rendered_at=None)
            )
        ]
        constraints = [
            # Not the printed number too: money must never wait for a prefix that was chosen badly.
            models.UniqueConstraint(fields=["kind", "sequence"], name="document_numbers_once"),
            models.UniqueConstraint(fields=["order", "kind", "about"], name="document_once"),
        ]

    def __str__(self) -> str:
        return self.number

    @property
    def total_money(self) -> Money:
        return Money(self.total, self.currency)
