"""How the back office edits what the shop stores: money and rates as people write them.

The database counts minor units and millionths; a merchant types 12.50 and 19.
"""

import secrets
from decimal import Decimal, InvalidOperation
from functools import partial
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Field
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminTextInputWidget

from bodega.lib.money import Money
from bodega.merchant.models import Merchant
from bodega.repeats.answering import REPLAYED, REUSED, REUSED_STATUS, answer_once

PPM_PER_PERCENT = 10_000
SENT_BEFORE = "This form was sent before; nothing was done a second time."


class MoneyField(forms.CharField):
    """Minor units in the database, "12.50" in the form."""

    widget = UnfoldAdminTextInputWidget

    def __init__(self, **options: Any) -> None:
        self.currency = Merchant.current().currency
        options["help_text"] = f"In {self.currency}, as in {Money(1250, self.currency).decimal}."
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        return str(Money(value, self.currency).decimal) if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value)
        if not text:
            return None
        try:
            amount = Money.parse(text.replace(",", "."), self.currency).amount
        except ValueError as error:
            raise forms.ValidationError(f"{str(error).capitalize()}.") from error
        if not 0 <= amount < 2**31:
            raise forms.ValidationError("An amount cannot be negative or that large.")
        return amount

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != initial)
        except forms.ValidationError:
            return True


class PercentField(forms.CharField):
    """Millionths in the database, "19" or "8.875" in the form."""

    widget = UnfoldAdminTextInputWidget

    def __init__(self, **options: Any) -> None:
        options["help_text"] = "Percent, as in 19 or 8.875."
        super().__init__(**options)

    def prepare_value(self, value: Any) -> Any:
        return f"{Decimal(value) / PPM_PER_PERCENT:f}" if isinstance(value, int) else value

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        try:
            ppm = Decimal(text.replace(",", ".").removesuffix("%").strip()) * PPM_PER_PERCENT
        except InvalidOperation:
            raise forms.ValidationError(f"'{text}' is not a percentage.") from None
        if not ppm.is_finite() or ppm != ppm.to_integral_value() or not 0 <= ppm <= 10**6:
            raise forms.ValidationError("Between 0 and 100, with at most four decimals.")
        return int(ppm)

    def has_changed(self, initial: Any, data: Any) -> bool:
        try:
            return bool(self.to_python(data) != initial)
        except forms.ValidationError:
            return True


class Editing:
    """Mixed into admins and inlines: which columns are money, which are rates."""

    money_fields: tuple[str, ...] = ()
    percent_fields: tuple[str, ...] = ()

    def formfield_for_dbfield(
        self, db_field: "Field[Any, Any]", request: HttpRequest, **options: Any
    ) -> forms.Field | None:
        kind: type[forms.CharField] | None = None
        if db_field.name in self.money_fields:
            kind = MoneyField
        elif db_field.name in self.percent_fields:
            kind = PercentField
        if kind is not None:
            return kind(label=db_field.verbose_name, required=not db_field.blank)
        parent: Any = super()
        field: forms.Field | None = parent.formfield_for_dbfield(db_field, request, **options)
        return field


class ShopAdmin(Editing, ModelAdmin):  # type: ignore[misc]  # unfold has no types
    """The admin of the shop's things."""

    list_per_page = 50
    warn_unsaved_form = True
    list_filter_submit = False
    change_form_before_template = "backoffice/repeat_key.html"

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        """Every form has a key: sent again after a lost answer, nothing is booked or made twice."""
        words = {"repeat_key": secrets.token_hex(16), **(extra_context or {})}
        page = partial(super().changeform_view, request, object_id, form_url, words)
        answer = answer_once(request, [f"staff {request.user.pk}"], page)
        if answer.headers.get(REPLAYED):
            messages.info(request, SENT_BEFORE)
        elif answer.status_code == REUSED_STATUS:
            messages.error(request, REUSED)
            return HttpResponseRedirect(request.get_full_path())
        return answer


class ReadOnly:
    """Mixed into admins of ledgers: look, never touch."""

    def has_add_permission(self, *_: Any) -> bool:
        return False

    def has_change_permission(self, *_: Any) -> bool:
        return False

    def has_delete_permission(self, *_: Any) -> bool:
        return False


class ShopInline(Editing, TabularInline):  # type: ignore[misc]  # unfold has no types
    """A table of rows within a page."""

    extra = 0


def money(amount: int | None) -> str:
    """An amount of the shop's currency, for lists."""
    return "–" if amount is None else str(Merchant.current().money(amount))


def actor_of(request: HttpRequest) -> str:
    """Who did it, for timelines and ledgers."""
    return str(request.user)
