"""The refund form: on the order's page, and on a page of its own where a mistake can be put right."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms
from django.http import QueryDict
from unfold.widgets import (
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
)

from bodega.lib.money import Money, decimals
from bodega.orders.models import Order
from bodega.payments.models import Refund
from bodega.payments.portions import LineLeft, Piece, Standing, Wish


class SignedMoneyField(forms.CharField):
    """Minor units of a currency, as "12.50" or "-3"; empty is nothing."""

    widget = UnfoldAdminTextInputWidget

    def __init__(self, currency: str, **options: Any) -> None:
        self.currency = currency
        super().__init__(required=False, **options)
        self.widget.attrs |= {"inputmode": "decimal", "size": "10"}

    def prepare_value(self, value: Any) -> Any:
        return str(Money(value, self.currency).decimal) if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        text = (super().to_python(value) or "").replace(",", ".").replace("−", "-")
        try:
            return Money.parse(text, self.currency).amount if text else 0
        except ValueError as error:
            raise forms.ValidationError(f"{str(error).capitalize()}.") from error


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the order in the form. `values`: what 0, 1, 2 … of it are worth, for the script."""

    line: LineLeft
    quantity: forms.BoundField
    restock: forms.BoundField | None
    values: str


class RefundForm(forms.Form):
    """What to give back. `key` makes a double click one refund."""

    key = forms.CharField(max_length=64, widget=forms.HiddenInput)
    reason = forms.ChoiceField(choices=Refund.Reason.choices, widget=UnfoldAdminSelectWidget)
    note = forms.CharField(
        required=False,
        max_length=400,
        widget=UnfoldAdminTextInputWidget,
        help_text="For the shop; the customer does not see it.",
    )

    def __init__(
        self, standing: Standing, data: QueryDict | None = None, *, all_of_it: bool = False
    ) -> None:
        super().__init__(
            data,
            initial={"key": secrets.token_hex(16), "reason": Refund.Reason.REQUESTED},
            prefix="refund",
        )
        self.standing = standing
        currency = standing.order.currency
        self.fields["shipping"] = SignedMoneyField(currency)
        self.fields["adjustment"] = SignedMoneyField(
            currency,
            label="Add or deduct",
            help_text="An amount for nothing in particular (5.00), or less than the articles (-5.00).",
        )
        for line in standing.lines:
            self._add_line(line, line.left if all_of_it else 0)
        if len(standing.payments) > 1:
            self._add_payments()
        if all_of_it:
            self._fill_in()

    def _add_line(self, line: LineLeft, quantity: int) -> None:
        name = f"line{line.line.pk}"
        self.fields[name] = forms.IntegerField(
            required=False,
            min_value=0,
            max_value=line.left,
            initial=quantity,
            label=f"How many {line.line.title}",
            disabled=not line.left,
            widget=UnfoldAdminIntegerFieldWidget(attrs={"min": 0, "max": line.left}),
            error_messages={
                "max_value": f"Of {line.line.title}, {line.left} can still be refunded."
            },
        )
        if line.line.variant_id is not None:
            label = f"Put {line.line.title} back on the shelf"
            self.fields[f"{name}-restock"] = forms.BooleanField(
                required=False, label=label, disabled=not line.left, widget=UnfoldBooleanWidget
            )

    def _add_payments(self) -> None:
        money = self.standing.money
        self.fields["payment"] = forms.TypedChoiceField(
            label="Of which payment",
            coerce=int,
            choices=[
                (
                    each.pk,
                    f"{each.n}: {money(each.captured - each.refunded)} left of {money(each.captured)}",
                )
                for each in self.standing.payments
            ],
            widget=UnfoldAdminSelectWidget,
        )

    def _fill_in(self) -> None:
        """All that is left of the last payment that holds something."""
        now = self.standing
        goods = sum(line.value(line.left) for line in now.lines)
        holding = [each for each in now.payments if each.captured > each.refunded]
        left = holding[0].captured - holding[0].refunded if holding else 0
        self.initial.update(shipping=now.shipping, adjustment=left - goods - now.shipping)

    @property
    def rows(self) -> Iterator[Row]:
        """The order's lines with their fields."""
        for line in self.standing.lines:
            name = f"line{line.line.pk}"
            restock = self[f"{name}-restock"] if f"{name}-restock" in self.fields else None
            worth = [line.value(quantity) for quantity in range(line.left + 1)]
            yield Row(line, self[name], restock, json.dumps(worth))

    @property
    def digits(self) -> int:
        """How many follow the point, for the script."""
        return decimals(self.standing.order.currency)

    @property
    def wish(self) -> Wish:
        """What the form says, once it is valid."""
        said = self.cleaned_data
        names = {line.line.pk: f"line{line.line.pk}" for line in self.standing.lines}
        pieces = [
            Piece(pk, said[name] or 0, bool(said.get(f"{name}-restock")))
            for pk, name in names.items()
        ]
        return Wish(
            pieces=[piece for piece in pieces if piece.quantity],
            shipping=said["shipping"],
            adjustment=said["adjustment"],
            attempt_id=said.get("payment"),
            reason=said["reason"],
            note=said["note"],
        )


def outcome(refund: Refund) -> tuple[str, str]:
    """How a refund went, for the one who made it: (level of Django's messages, sentence)."""
    if refund.state == Refund.State.FAILED:
        return "error", f"Stripe refused the refund, nothing was given back: {refund.failure}"
    if refund.is_waiting:
        return "warning", (
            f"Stripe has not answered yet. The refund of {refund.money} is recorded and asked for again "
            "by itself, with the same key: please do not make another one."
        )
    return "success", f"{refund.money} of order {refund.order} were refunded."


def shown(order: Order, standing: Standing) -> dict[str, Any]:
    """What the order's page says of refunds and disputes."""
    refunds = order.refunds.prefetch_related("lines__line").order_by("-pk")
    return {
        "standing": standing,
        "refunds": refunds,
        "disputes": order.disputes.order_by("closed_at", "due_by"),
        "refund_form": RefundForm(standing) if standing.left > 0 else None,
        "digits": decimals(order.currency),
    }
