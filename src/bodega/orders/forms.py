"""Withdrawing from a contract: what is asked, and no more than is needed to know which contract."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.forms.boundfield import BoundField

from bodega.orders.models import Order, OrderLine
from bodega.orders.statements import Statement, called
from bodega.orders.withdrawing import withdrawable

EMAIL = forms.EmailInput(attrs={"autocomplete": "email"})
WORDS = forms.Textarea(attrs={"rows": 3})
LONGEST = 2_000


class StatementForm(forms.Form):
    """What both ways ask for."""

    name = forms.CharField(
        label="Your name",
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        error_messages={"required": "Enter your name."},
    )
    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        help_text="The receipt of your withdrawal goes there.",
        widget=EMAIL,
        error_messages={
            "required": "Enter your e-mail address.",
            "invalid": "Enter an e-mail address like name@example.com.",
        },
    )


class GuestForm(StatementForm):
    """Number and e-mail address say which contract; articles are named in the customer's words."""

    number = forms.CharField(
        label="Order number",
        max_length=20,
        help_text="It is in your receipt, for example B-1001.",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        error_messages={"required": "Enter the number of your order; it is in your receipt."},
    )
    articles = forms.CharField(
        label="Only some articles? Name them",
        required=False,
        max_length=LONGEST,
        help_text="Leave it empty to withdraw from the whole order.",
        widget=WORDS,
    )
    field_order = ("name", "number", "email", "articles")

    def statement(self) -> Statement:
        """What a valid form states."""
        words = self.cleaned_data
        return Statement(
            number=words["number"],
            name=words["name"],
            email=words["email"],
            wording=words["articles"],
            is_whole=not words["articles"],
        )


class OrderForm(StatementForm):
    """From the order's own page: how many of each article, all of them unless changed."""

    wording = forms.CharField(
        label="Anything you want to tell us",
        required=False,
        max_length=LONGEST,
        help_text="You need not give a reason.",
        widget=WORDS,
    )

    def __init__(self, data: Mapping[str, Any] | None, order: Order) -> None:
        buyer = order.addresses.first()
        super().__init__(data, initial={"name": buyer.name if buyer else "", "email": order.email})
        self.order, self.left = order, withdrawable(order)
        self.lines: list[OrderLine] = list(order.lines.filter(pk__in=self.left))
        for line in self.lines:
            most = self.left[line.pk]
            too_many = f"At most {most}: that is how many can still be withdrawn from."
            self.fields[f"line-{line.pk}"] = forms.IntegerField(
                label=called(most, line.title, line.options),
                min_value=0,
                max_value=most,
                initial=most,
                required=False,
                widget=forms.NumberInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
                error_messages={
                    "max_value": too_many,
                    "min_value": "0, or how many you withdraw from.",
                    "invalid": f"Enter a number from 0 to {most}.",
                },
            )

    def line_fields(self) -> list[BoundField]:
        """How many of each line."""
        return [self[f"line-{line.pk}"] for line in self.lines]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        counts = [cleaned.get(f"line-{line.pk}") for line in self.lines]
        if not self.errors and not any(counts):
            raise forms.ValidationError("Say of how many articles you withdraw; all are 0.")
        return cleaned

    def statement(self) -> Statement:
        """What a valid form states."""
        words = self.cleaned_data
        chosen = [(line, words[f"line-{line.pk}"] or 0) for line in self.lines]
        full = {line.pk: line.quantity for line in self.order.lines.all()}
        return Statement(
            number=self.order.number,
            name=words["name"],
            email=words["email"],
            wording=words["wording"],
            lines=[
                (line.pk, count, called(count, line.title, line.options))
                for line, count in chosen
                if count
            ],
            is_whole={line.pk: count for line, count in chosen} == full,
            order=self.order.public_id,
        )
