"""How an order can end otherwise: cancelled, withdrawn from, or taken out of the books."""

from django.db import models

from bodega.orders.models.order import Order, OrderLine, new_public_id


class Cancellation(models.Model):
    """The shop or the customer called an order off before it was shipped. One per order."""

    order = models.OneToOneField(Order, models.PROTECT, related_name="cancellation")
    reason = models.CharField(max_length=400)
    actor = models.CharField(max_length=80)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.order}: {self.reason}"


class Withdrawal(models.Model):
    """A consumer withdraws from the contract (Directive 2011/83/EU, article 11a): in two steps.

    Stated in a form, then confirmed with a button: only what was confirmed is a row. The receipt says
    content, date and time. A guest does it with the order's number and e-mail address, and names the
    articles in her own words, so that the form tells nobody what an order contains: then there are no
    lines, or all of them.
    """

    class State(models.TextChoices):
        CONFIRMED = "confirmed", "To be decided"
        ACCEPTED = "accepted", "Accepted"
        REFUSED = "refused", "Refused"

    public_id = models.CharField(max_length=32, unique=True, default=new_public_id, editable=False)
    order = models.ForeignKey(Order, models.PROTECT, related_name="withdrawals")
    name = models.CharField(max_length=120)
    email = models.EmailField(help_text="Where the receipt goes.")
    statement = models.TextField(blank=True, help_text="What the customer wrote; needs no reason.")
    state = models.CharField(max_length=10, choices=State, default=State.CONFIRMED)
    is_whole = models.BooleanField(
        default=False, help_text="Of the whole order, as far as it stood then."
    )
    confirmed_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=400, blank=True, help_text="Why it was refused.")
    actor = models.CharField(max_length=80, default="customer")

    class Meta:
        ordering = ["-confirmed_at"]
        indexes = [models.Index(fields=["state", "-confirmed_at"], name="withdrawal_by_state")]

    def __str__(self) -> str:
        return f"{self.order}: {self.get_state_display()}"


class WithdrawalLine(models.Model):
    """What is withdrawn from, line by line, as far as the customer chose lines."""

    withdrawal = models.ForeignKey(Withdrawal, models.CASCADE, related_name="lines")
    line = models.ForeignKey(OrderLine, models.PROTECT, related_name="withdrawn")
    quantity = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["withdrawal", "line"], name="returned_once")]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.line.title}"


class Tombstone(models.Model):
    """An order that was taken out of the books on purpose: by whom, when and why.

    A trigger refuses to delete an order that has none, so that a missing id is always explained.
    """

    order_id = models.BigIntegerField(unique=True)
    number = models.CharField(max_length=20)
    reason = models.CharField(max_length=400)
    actor = models.CharField(max_length=80)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.number}: {self.reason}"
