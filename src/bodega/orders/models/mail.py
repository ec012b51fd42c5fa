"""Mails about orders, and the merchant's own words in them."""

from django.db import models

from bodega.orders.models.order import Order


class Mail(models.Model):
    """A mail about an order: recorded, then sent, then recorded again.

    Unique per order, kind and what it is about, so "twice" is impossible; the Message-ID is fixed
    before sending, so that a crash between sending and recording repeats the same message, not a
    second one.
    """

    class State(models.TextChoices):
        WAITING = "waiting", "Waiting"
        SENT = "sent", "Sent"
        FAILED = "failed", "Failed"

    order = models.ForeignKey(Order, models.CASCADE, related_name="mails")
    kind = models.CharField(max_length=24, help_text="receipt, shipped, …")
    about = models.CharField(
        max_length=140, blank=True, help_text="Which shipment, which refund; which repetition."
    )
    recipient = models.EmailField()
    message_id = models.CharField(max_length=120, unique=True)
    state = models.CharField(max_length=8, choices=State, default=State.WAITING)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["order", "kind", "about"], name="one_mail_per_matter")
        ]

    def __str__(self) -> str:
        return f"{self.kind} to {self.recipient}"


class MailTemplate(models.Model):
    """The merchant's own subject and words of a kind of mail; kinds without one use the shop's.

    Words with placeholders in braces; which there are is in `orders.wording`.
    """

    kind = models.CharField(max_length=24, unique=True)
    subject = models.CharField(max_length=160)
    body = models.TextField(help_text="Markdown, with placeholders in braces.")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["kind"]

    def __str__(self) -> str:
        return self.kind
