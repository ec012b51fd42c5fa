"""The checkout's form: what is asked depends on the country; nothing that was typed is lost."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from django import forms
from django.forms.boundfield import BoundField
from django.forms.utils import ErrorDict
from django.utils.choices import BaseChoiceIterator

from bodega.checkout.addresses import postcode_problem, rules_for
from bodega.checkout.widgets import CheckboxInput, Select, Textarea, TextInput
from bodega.orders.models import OrderAddress
from bodega.shipping.quotes import Quote

Choices = Sequence[tuple[str, str]]
PARTS = ("name", "company", "street", "extra", "postcode", "city", "region", "country")
OPTIONAL = {"company", "extra"}
AUTOCOMPLETE = {
    "name": "name",
    "company": "organization",
    "street": "address-line1",
    "extra": "address-line2",
    "postcode": "postal-code",
    "city": "address-level2",
    "region": "address-level1",
    "country": "country",
}
MISSING = {
    "name": "Enter your first and last name.",
    "street": "Enter your street and house number.",
    "city": "Enter the town or city.",
    "country": "Choose a country.",
}
TEXTS = {
    "name": "Full name",
    "company": "Company",
    "street": "Street and number",
    "extra": "Apartment, floor",
}


class Listed(BaseChoiceIterator):
    """Choices that are pairs already: Django would look at each of 250 countries again, four times."""

    def __init__(self, choices: Choices) -> None:
        self.choices = choices

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.choices)


class CheckoutForm(forms.Form):
    """Everything the order needs of the customer. `country`, `billing_country` say whose rules apply."""

    required_css_class = "required"
    email = forms.EmailField(
        label="E-mail address",
        max_length=254,
        help_text="Your receipt goes there.",
        widget=TextInput(attrs={"type": "email", "autocomplete": "email"}),
        error_messages={
            "required": "Enter your e-mail address: the receipt goes there.",
            "invalid": "Enter an e-mail address like name@example.com.",
        },
    )
    phone = forms.CharField(
        max_length=40,
        required=False,
        help_text="Only for questions about the delivery.",
        widget=TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    billing_same = forms.BooleanField(
        label="The invoice goes to the same address",
        required=False,
        initial=True,
        widget=CheckboxInput,
    )
    code = forms.CharField(
        label="Discount code",
        max_length=60,
        required=False,
        widget=TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    note = forms.CharField(
        label="A note for us",
        max_length=500,
        required=False,
        widget=Textarea(attrs={"rows": 3}),
    )
    terms = forms.BooleanField(
        label="I accept the terms and conditions",
        widget=CheckboxInput,
        error_messages={"required": "Please accept the terms and conditions."},
    )

    def __init__(
        self,
        data: Mapping[str, Any] | None = None,
        *,
        served: Choices,
        everywhere: Choices,
        country: str,
        quotes: Sequence[Quote] = (),
        initial: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(data, initial={"country": country, **(initial or {})})
        self.quotes = quotes
        self.has_own_billing = self.is_bound and not self.data.get("billing_same")
        billing_country = self.data.get("billing_country") or country
        self.fields |= _address_fields("", country, served, "shipping", required=True)
        self.fields |= _address_fields(
            "billing_", billing_country, everywhere, "billing", required=self.has_own_billing
        )
        self.initial.setdefault("billing_country", country)
        self.fields["method"] = forms.TypedChoiceField(
            label="Shipping",
            choices=[(quote.method_id, quote.name) for quote in quotes],
            coerce=int,
            empty_value=None,
            required=len(quotes) > 1,
            error_messages={"required": "Please choose how we send it."},
        )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        prefixes = ("", "billing_") if self.has_own_billing else ("",)
        for prefix in prefixes:
            name = f"{prefix}postcode"
            problem = postcode_problem(cleaned.get(f"{prefix}country", ""), cleaned.get(name, ""))
            if problem:
                self.add_error(name, problem)
        if not self.quotes:
            self.add_error(
                None, "We have no way to send this to the country you chose. Please choose another."
            )
        elif cleaned.get("method") is None and len(self.quotes) == 1:
            cleaned["method"] = self.quotes[0].method_id
        return cleaned

    def keep_only(self, *names: str) -> None:
        """Forget the errors of all other fields: the customer is not done yet."""
        kept = {name: errors for name, errors in self.errors.items() if name in names}
        self._errors = ErrorDict(kept)

    def shipping_fields(self) -> Iterable[BoundField]:
        """The address's fields, in the order of the page."""
        return [self[part] for part in PARTS if part in self.fields and part != "country"]

    def billing_fields(self) -> Iterable[BoundField]:
        return [self[f"billing_{part}"] for part in PARTS if f"billing_{part}" in self.fields]

    def addresses(self) -> list[OrderAddress]:
        """The addresses of a valid form, unsaved; a billing address only if it is another one."""
        kinds = [("", OrderAddress.Kind.SHIPPING)]
        if self.has_own_billing:
            kinds.append(("billing_", OrderAddress.Kind.BILLING))
        return [
            OrderAddress(
                kind=kind,
                **{part: self.cleaned_data.get(f"{prefix}{part}", "") for part in PARTS},
            )
            for prefix, kind in kinds
        ]


def _address_fields(
    prefix: str, country: str, choices: Choices, group: str, *, required: bool
) -> dict[str, forms.Field]:
    """The fields of an address in `country`, named `prefix` + part."""
    rules = rules_for(country)
    fields: dict[str, forms.Field] = {
        part: forms.CharField(
            label=label,
            max_length=120,
            required=required and part not in OPTIONAL,
            widget=TextInput,
        )
        for part, label in TEXTS.items()
    }
    fields["postcode"] = forms.CharField(
        label=rules.postcode_label,
        max_length=20,
        required=required and rules.needs_postcode,
        widget=TextInput,
    )
    fields["city"] = forms.CharField(
        label="City", max_length=80, required=required, widget=TextInput
    )
    if rules.needs_region:
        states = [("", f"Choose a {rules.region_label.lower()}"), *rules.region_choices.items()]
        fields["region"] = forms.ChoiceField(
            label=rules.region_label, choices=states, required=required, widget=Select
        )
    elif rules.region_label:
        fields["region"] = forms.CharField(
            label=rules.region_label, max_length=60, required=False, widget=TextInput
        )
    fields["country"] = forms.ChoiceField(
        label="Country", choices=Listed(choices), required=required, widget=Select
    )
    missing = MISSING | {
        "postcode": f"Enter the {rules.postcode_label.lower()}.",
        "region": f"Choose a {rules.region_label.lower()}.",
    }
    for part, field in fields.items():
        field.widget.attrs["autocomplete"] = f"{group} {AUTOCOMPLETE[part]}"
        field.error_messages["required"] = missing.get(part, field.error_messages["required"])
    return {f"{prefix}{part}": field for part, field in fields.items()}
