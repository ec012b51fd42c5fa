"""The checkout counter: a cart, its bill for what was answered so far, and the form between them."""

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import Any

from django.utils.html import format_html

from bodega.cart import changing
from bodega.cart.basket import Basket
from bodega.cart.models import Cart
from bodega.cart.summing import Bill, Place, sum_up
from bodega.checkout.addresses import everywhere, rules_for
from bodega.checkout.forms import CheckoutForm
from bodega.databases.prepared import Prepared
from bodega.discounts.checking import CodeRefused
from bodega.merchant.models import Page
from bodega.shipping import countries

TERMS = Prepared(lambda: Page.objects.filter(kind=Page.Kind.TERMS))


class Counter:
    """One customer at the counter. `answers`: what was posted; None: the page is shown first.

    The bill is always made from scratch, so it shows today's prices, rates and quotes.
    """

    def __init__(
        self, cart: Cart, answers: Mapping[str, Any] | None = None, *, now: datetime
    ) -> None:
        self.cart, self.answers, self.now = cart, answers, now
        self.code_error = self._take_code() if answers is not None else ""
        self.basket = Basket(cart)

    @cached_property
    def served(self) -> list[tuple[str, str]]:
        return countries.choices(self.basket.merchant.language)

    @cached_property
    def country(self) -> str:
        """Where it goes: as answered, as estimated in the cart, the merchant's own, or any."""
        served = [code for code, _ in self.served]
        wishes = (self._answer("country"), self.cart.country, self.basket.merchant.country)
        return next((wish for wish in wishes if wish in served), served[0] if served else "")

    @cached_property
    def bill(self) -> Bill:
        region = self._answer("region") if rules_for(self.country).region_label else ""
        place, email = Place(self.country, region), self._answer("email")
        wanted = self._answer("method")
        if wanted.isascii() and wanted.isdecimal() and len(wanted) < 19:
            bill = sum_up(self.basket, place, self.now, method_id=int(wanted), email=email)
            if bill.method or not bill.quotes:
                return bill
        return sum_up(self.basket, place, self.now, email=email)

    @cached_property
    def form(self) -> CheckoutForm:
        form = CheckoutForm(
            self.answers,
            served=self.served,
            everywhere=everywhere(self.basket.merchant.language),
            country=self.country,
            quotes=self.bill.quotes,
            initial={"code": self.cart.code},
        )
        refusal = self.code_error or self.bill.refusal
        if refusal and form.is_bound:
            form.add_error("code", refusal)
        return form

    @property
    def is_ready(self) -> bool:
        """Everything is answered, everything can be had, and the total is the one that was shown."""
        return self.form.is_valid() and self.basket.is_orderable and not self.changed_total

    @property
    def changed_total(self) -> str:
        """A sentence when the customer has not seen this total yet."""
        if self.answers is None or "update" in self.answers:
            return ""
        if self._answer("total") == str(self.bill.totals.total):
            return ""
        merchant = self.basket.merchant
        total = merchant.money(self.bill.totals.total).display(merchant.language)
        return f"The total is now {total}. Please check it and order again."

    def words(self) -> dict[str, Any]:
        """What the template shows."""
        terms = TERMS.first()
        if terms:
            self.form.fields["terms"].label = format_html(
                'I accept the <a href="{}" target="_blank">terms and conditions</a>',
                terms.get_absolute_url(),
            )
        return {
            "form": self.form,
            "bill": self.bill,
            "basket": self.basket,
            "shop": self.basket.merchant,
            "currency": self.basket.merchant.currency,
            "changed_total": self.changed_total,
        }

    def _answer(self, name: str) -> str:
        return str(self.answers.get(name, "")).strip() if self.answers is not None else ""

    def _take_code(self) -> str:
        """Put a newly typed code into the cart; the sentence, if it does not hold."""
        typed = self._answer("code")
        is_asked = self.answers is not None and "code" in self.answers
        if not is_asked or typed.upper() == self.cart.code.upper():
            return ""
        try:
            changing.set_code(self.cart, typed, self.now, self._answer("email"))
        except CodeRefused as refused:
            return str(refused)
        return ""
