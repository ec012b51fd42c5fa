"""One page, one form, one order."""

from typing import Any

import pytest
from django.utils.html import escape

from bodega.cart import changing
from bodega.catalog.models import Stock, Variant
from bodega.discounts.models import Discount
from bodega.lib.clock import utc_now
from bodega.merchant.models import Page
from bodega.orders.models import Order
from bodega.payments.models import Attempt
from tests.till import ADDRESS, Buyer, MemoryBank, stocked

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def test_the_page_shows_cart_fields_methods_and_total(buyer: Buyer) -> None:
    text = buyer.client.get("/checkout/").content.decode()
    for said in ("Dunes", "A3 / oak", "€54.90", "Parcel", "Express", "Germany", "United States"):
        assert said in text
    assert 'href="/pages/terms/"' in text
    assert 'autocomplete="shipping postal-code"' in text


def test_ordering_leads_to_the_payment_page(buyer: Buyer, bank: MemoryBank) -> None:
    response = buyer.order(phone="+49 30 1", note="Ring twice")
    assert (response.status_code, response["Location"]) == (303, "https://bank.example/1")
    order = Order.objects.get()
    assert (order.email, order.total, order.shipping) == ("ada@example.com", 5490, 490)
    assert (order.note, order.phone) == ("Ring twice", "+49 30 1")
    assert order.terms_accepted_at
    assert order.addresses.get().street == "Torstr. 1"
    assert Stock.objects.get().reserved == 2
    assert buyer.cart.lines.exists(), "the cart is kept until it is paid"


def test_the_total_at_stripe_is_the_total_on_the_page(buyer: Buyer, bank: MemoryBank) -> None:
    buyer.order()
    assert bank.look("cs_test_1").amount == Order.objects.get().total == 5490


def test_a_repeated_post_is_the_same_order_and_session(buyer: Buyer, bank: MemoryBank) -> None:
    form = buyer.form()
    answers = [buyer.client.post("/checkout/", form)["Location"] for _ in range(3)]
    assert answers == ["https://bank.example/1"] * 3
    assert Order.objects.count() == Attempt.objects.count() == 1
    assert Stock.objects.get().reserved == 2


def test_a_repeated_post_after_paying_shows_the_order(buyer: Buyer, bank: MemoryBank) -> None:
    form = buyer.form()
    buyer.client.post("/checkout/", form)
    bank.pay("cs_test_1")
    buyer.client.get("/payments/return/?session_id=cs_test_1")
    response = buyer.client.post("/checkout/", form)
    assert response["Location"] == Order.objects.get().get_absolute_url()
    assert Order.objects.count() == 1


def test_a_corrected_form_is_a_new_order_and_the_old_one_is_given_up(
    buyer: Buyer, bank: MemoryBank
) -> None:
    form = buyer.form()
    buyer.client.post("/checkout/", form)
    buyer.client.post("/checkout/", form | {"street": "Other 2"})
    old, new = Order.objects.order_by("pk")
    assert (old.status, new.status) == (Order.Status.EXPIRED, Order.Status.AWAITING_PAYMENT)
    assert new.addresses.get().street == "Other 2"
    assert Stock.objects.get().reserved == 2


def test_two_visits_to_the_page_make_two_keys(buyer: Buyer) -> None:
    assert buyer.form()["checkout_key"] != buyer.form()["checkout_key"]


@pytest.mark.parametrize("key", ["", "x", "x.y", "é.é"])
def test_a_form_with_a_key_that_is_not_ours_is_shown_again(
    buyer: Buyer, bank: MemoryBank, key: str
) -> None:
    response = buyer.order(checkout_key=key)
    assert response.status_code == 200
    assert b"Please check it and order again" in response.content
    assert b"Ada Lovelace" in response.content
    assert not Order.objects.exists()


def test_another_carts_key_is_worth_nothing(
    buyer: Buyer, bank: MemoryBank, variant: Variant
) -> None:
    stolen = buyer.form()
    thief = Buyer.with_cart(variant)
    assert thief.client.post("/checkout/", stolen).status_code == 200
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"email": "nonsense"}, "like name@example.com"),
        ({"email": ""}, "Enter your e-mail address: the receipt goes there."),
        ({"name": ""}, "Enter your first and last name."),
        ({"street": ""}, "Enter your street and house number."),
        ({"postcode": ""}, "Enter the postcode."),
        ({"postcode": "1011"}, "That is no postcode of this country; it looks like 10115."),
        ({"terms": ""}, "Please accept the terms and conditions."),
        ({"street": "x" * 121}, "at most 120 characters"),
        ({"name": "A\0da"}, "Null characters are not allowed."),
        ({"method": "999"}, "is not one of the available choices"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_typed_is_lost(
    buyer: Buyer, bank: MemoryBank, changes: dict[str, str], said: str
) -> None:
    response = buyer.order(**{"city": "Typed City", **changes})
    text = response.content.decode()
    assert response.status_code == 422
    assert said in text
    assert 'value="Typed City"' in text
    name = next(iter(changes))
    assert f'href="#id_{name}"' in text, "the summary on top leads to the field"
    assert not Order.objects.exists()


def test_a_country_we_do_not_serve_is_refused(buyer: Buyer, bank: MemoryBank) -> None:
    response = buyer.order(country="FR")
    assert response.status_code == 422
    assert not Order.objects.exists()


def test_update_shows_the_fields_and_methods_of_the_country_without_complaints(
    buyer: Buyer,
) -> None:
    form = buyer.form() | {"country": "US", "update": "country", "email": "", "name": "Ada"}
    response = buyer.client.post("/checkout/", form)
    text = response.content.decode()
    assert response.status_code == 200
    assert "California" in text
    assert "ZIP code" in text
    assert "€19.90" in text
    assert "required" not in str(response.context["form"].errors)
    assert 'value="Ada"' in text
    assert not Order.objects.exists()


def test_a_region_is_needed_where_it_belongs_to_the_address_and_decides_the_tax(
    buyer: Buyer, bank: MemoryBank
) -> None:
    abroad = {"country": "US", "postcode": "94103", "method": "", "total": "6990"}
    response = buyer.order(**abroad)
    assert response.status_code == 422
    assert "region" in response.context["form"].errors
    assert buyer.order(**abroad, region="CA").status_code == 303
    order = Order.objects.get()
    assert order.taxes[0]["name"] == "Sales tax 7.25 %"
    assert order.addresses.get().region == "CA"


def test_the_only_method_is_taken_without_being_chosen(buyer: Buyer, bank: MemoryBank) -> None:
    response = buyer.order(
        country="US", postcode="94103", region="CA", method="", total=str(5000 + 1990)
    )
    assert response.status_code == 303
    assert Order.objects.get().shipping == 1990


def test_of_several_methods_one_must_be_chosen(buyer: Buyer, bank: MemoryBank) -> None:
    response = buyer.order(method="")
    assert response.status_code == 422
    assert b"Please choose how we send it." in response.content


def test_a_dearer_method_is_charged_only_after_its_total_was_shown(
    buyer: Buyer, bank: MemoryBank
) -> None:
    form = buyer.form()
    express = next(
        q for q in buyer.client.get("/checkout/").context["bill"].quotes if q.price > 490
    )
    form["method"] = str(express.method_id)
    response = buyer.client.post("/checkout/", form)
    assert response.status_code == 422
    assert "The total is now €59.90" in response.content.decode()
    assert not Order.objects.exists()
    form["total"] = str(response.context["bill"].totals.total)
    assert buyer.client.post("/checkout/", form).status_code == 303
    assert Order.objects.get().total == 5990


def test_a_price_that_changed_since_is_told_before_paying(
    buyer: Buyer, bank: MemoryBank, variant: Variant
) -> None:
    form = buyer.form()
    Variant.objects.update(price=2600)
    response = buyer.client.post("/checkout/", form)
    text = response.content.decode()
    assert response.status_code == 422
    assert escape("The price of “Dunes (A3 / oak)” has changed from €25.00 to €26.00.") in text
    assert "€56.90" in text
    assert not Order.objects.exists()


def test_stock_that_went_meanwhile_is_told_before_paying(buyer: Buyer, bank: MemoryBank) -> None:
    form = buyer.form()
    Stock.objects.update(on_hand=1)
    response = buyer.client.post("/checkout/", form)
    assert response.status_code == 422
    assert "Only 1 of" in response.content.decode()
    assert not Order.objects.exists()
    assert not bank.calls


def test_a_code_is_applied_shown_and_counted(buyer: Buyer, bank: MemoryBank) -> None:
    code = Discount.objects.create(code="TEN", percent=10)
    form = buyer.form() | {"code": "ten", "update": "code"}
    response = buyer.client.post("/checkout/", form)
    assert "−€5.00" in response.content.decode()
    form |= {"code": "TEN", "total": str(response.context["bill"].totals.total)}
    del form["update"]
    assert buyer.client.post("/checkout/", form).status_code == 303
    order = Order.objects.get()
    assert (order.discount, order.discount_code, order.total) == (500, "TEN", 4990)
    code.refresh_from_db()
    assert code.used == 1


def test_a_code_that_does_not_hold_is_told_beside_its_field(buyer: Buyer, bank: MemoryBank) -> None:
    response = buyer.order(code="NOPE")
    assert response.status_code == 422
    assert "do not know the code" in str(response.context["form"].errors["code"])
    assert not Order.objects.exists()


def test_another_address_for_the_invoice(buyer: Buyer, bank: MemoryBank) -> None:
    form = buyer.form()
    del form["billing_same"]
    response = buyer.client.post("/checkout/", form)
    assert response.status_code == 422
    assert {"billing_name", "billing_street", "billing_city"} <= response.context[
        "form"
    ].errors.keys()
    billing = {key: value for key, value in ADDRESS.items() if key in {"name", "street", "city"}}
    form |= {f"billing_{key}": value for key, value in billing.items()}
    form |= {"billing_country": "FR", "billing_postcode": "75001"}
    assert buyer.client.post("/checkout/", form).status_code == 303
    assert Order.objects.get().addresses.get(kind="billing").country == "FR"


def test_a_total_of_zero_needs_no_bank(buyer: Buyer, bank: MemoryBank) -> None:
    Discount.objects.create(code="ALL", percent=100)
    Discount.objects.create(code="SHIP", kind="free_shipping")
    buyer.client.post("/cart/code/", {"code": "ALL"})
    from bodega.shipping.models import Band

    Band.objects.update(price=0)
    response = buyer.order()
    order = Order.objects.get()
    assert response["Location"] == order.get_absolute_url()
    assert (order.total, order.status) == (0, Order.Status.PAID)
    assert not bank.calls
    assert not Attempt.objects.exists()
    assert Stock.objects.get().on_hand == 8


def test_an_empty_cart_has_nothing_to_check_out(buyer: Buyer) -> None:
    buyer.cart.lines.all().delete()
    assert buyer.client.get("/checkout/")["Location"] == "/cart/"
    buyer.client.cookies.clear()
    assert buyer.client.get("/checkout/")["Location"] == "/cart/"
    assert buyer.client.post("/checkout/", ADDRESS)["Location"] == "/cart/"


def test_a_cart_with_something_sold_out_goes_back_to_the_cart(buyer: Buyer) -> None:
    Stock.objects.update(on_hand=0)
    assert buyer.client.get("/checkout/")["Location"] == "/cart/"


def test_the_last_piece_held_by_the_customers_own_order_is_not_called_sold_out(
    bank: MemoryBank, variant: Variant
) -> None:
    Stock.objects.update(on_hand=1)
    buyer = Buyer.with_cart(variant)
    buyer.order()
    response = buyer.client.get("/checkout/")
    assert response["Location"] == f"/payments/cancelled/{Order.objects.get().public_id}/"


def test_a_shop_without_a_terms_page_still_asks_for_consent(buyer: Buyer, bank: MemoryBank) -> None:
    Page.objects.all().delete()
    assert buyer.order(terms="").status_code == 422
    assert buyer.order().status_code == 303


def test_a_shop_that_serves_nobody_says_so(buyer: Buyer, bank: MemoryBank) -> None:
    from bodega.shipping.models import Method

    Method.objects.update(is_active=False)
    assert "no way to send" in buyer.client.get("/checkout/").content.decode()
    response = buyer.order()
    assert response.status_code == 422
    assert not Order.objects.exists()


def test_something_added_in_another_tab_is_told_as_a_new_total(
    buyer: Buyer, bank: MemoryBank
) -> None:
    form = buyer.form()
    changing.add(buyer.cart.token, stocked("WAVES", price=100).pk, 1, utc_now())
    response = buyer.client.post("/checkout/", form)
    assert response.status_code == 422
    assert "The total is now €55.90" in response.content.decode()


def test_the_page_is_nobody_elses_business(buyer: Buyer) -> None:
    response = buyer.client.get("/checkout/")
    assert "no-store" in response["Cache-Control"]
    assert buyer.client.put("/checkout/").status_code == 405


def test_the_form_belongs_to_the_field_it_describes(buyer: Buyer, bank: MemoryBank) -> None:
    response: Any = buyer.order(postcode="1")
    text = response.content.decode()
    assert 'aria-describedby="id_postcode_error"' in text
    assert 'id="id_postcode_error"' in text
    assert 'aria-invalid="true"' in text
