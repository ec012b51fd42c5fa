"""The cart over HTTP, as a browser with and without a script uses it."""

from http.cookies import Morsel
from typing import Any

import pytest
from django.conf import LazySettings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bodega.cart import changing
from bodega.cart.models import Cart, CartLine
from bodega.catalog.models import Stock, Variant
from bodega.discounts.models import Discount
from bodega.lib.clock import utc_now
from bodega.merchant.models import Merchant
from bodega.shipping.models import Method
from tests.cart.conftest import MakeVariant

JSON = {"Accept": "application/json"}


@pytest.fixture
def shopper(client: Client, variant: Variant) -> Client:
    """A browser with two of `variant` in its cart."""
    client.post("/cart/lines/", {"variant": variant.pk, "quantity": 2})
    return client


def cart_of(client: Client) -> Cart:
    return Cart.objects.get(token=client.cookies["cart"].value)


def line_of(client: Client) -> CartLine:
    return cart_of(client).lines.get()


def count_of(client: Client) -> str:
    morsel: Morsel[str] = client.cookies["cart_count"]
    return morsel.value


def test_an_empty_cart_says_so_and_leaves_no_cookie(client: Client, merchant: Merchant) -> None:
    page = client.get("/cart/")
    assert page.status_code == 200
    assert "There is nothing in it yet" in page.text
    assert not page.cookies
    assert "no-store" in page.headers["Cache-Control"]


def test_adding_answers_303_to_a_cart_that_confirms_it(client: Client, variant: Variant) -> None:
    answer = client.post("/cart/lines/", {"variant": variant.pk, "quantity": 2})
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"/cart/?added={variant.sku}"
    page = client.get(answer.headers["Location"])
    assert "“Dunes (A3 / oak)” is in your cart" in page.text
    assert "€20.00" in page.text


def test_only_what_is_in_the_cart_is_confirmed(shopper: Client) -> None:
    page = shopper.get("/cart/", {"added": "<b>nonsense</b>"})
    assert "is in your cart" not in page.text
    assert "nonsense" not in page.text


def test_without_a_quantity_it_is_one(client: Client, variant: Variant) -> None:
    client.post("/cart/lines/", {"variant": variant.pk})
    assert line_of(client).quantity == 1


@pytest.mark.parametrize("is_behind_tls", [True, False])
def test_the_token_is_for_the_server_only_and_the_count_for_the_script(
    client: Client, variant: Variant, settings: LazySettings, is_behind_tls: bool
) -> None:
    settings.BEHIND_TLS = is_behind_tls
    client.post("/cart/lines/", {"variant": variant.pk, "quantity": 3})
    token, count = client.cookies["cart"], client.cookies["cart_count"]
    assert (token["httponly"], count["httponly"]) == (True, "")
    assert token["samesite"] == count["samesite"] == "Lax"
    assert bool(token["secure"]) == bool(count["secure"]) == is_behind_tls
    assert token["max-age"] == count["max-age"] == 30 * 24 * 3600
    assert len(token.value) == 32
    assert count.value == "3"


def test_a_script_is_answered_in_json(client: Client, variant: Variant) -> None:
    answer = client.post("/cart/lines/", {"variant": variant.pk, "quantity": 2}, headers=JSON)
    assert answer.status_code == 200
    assert answer.json() == {"count": 2, "message": "“Dunes (A3 / oak)” is in your cart."}
    refused = client.post("/cart/lines/", {"variant": variant.pk, "quantity": 9}, headers=JSON)
    assert refused.status_code == 422
    assert refused.json() == {
        "count": 2,
        "message": ("Only 10 of “Dunes (A3 / oak)” are left; you have 2 in your cart already."),
    }


def test_what_cannot_be_added_is_told_above_the_cart_as_it_was(shopper: Client) -> None:
    Stock.objects.update(on_hand=2)
    answer = shopper.post("/cart/lines/", {"variant": line_of(shopper).variant_id, "quantity": 1})
    assert answer.status_code == 422
    assert 'role="alert"' in answer.text
    assert "you have 2 in your cart already" in answer.text
    assert line_of(shopper).quantity == 2


@pytest.mark.parametrize("quantity", ["", "0", "-1", "1.5", "100", "٣", "x", "9" * 30, "1e1"])
def test_a_quantity_that_is_none_is_refused_with_the_limits(
    client: Client, variant: Variant, quantity: str
) -> None:
    answer = client.post("/cart/lines/", {"variant": variant.pk, "quantity": quantity})
    assert answer.status_code == 422
    assert "Please give a quantity from 1 to 99." in answer.text
    assert not Cart.objects.exists()


@pytest.mark.parametrize("variant_id", ["", "0", "x", "-1", str(2**63 - 1), str(2**63), "9" * 99])
def test_an_article_that_is_none_is_refused(
    client: Client, merchant: Merchant, variant_id: str
) -> None:
    answer = client.post("/cart/lines/", {"variant": variant_id})
    assert answer.status_code == 422
    assert "sold" in answer.text


def test_a_quantity_is_changed_and_the_badge_with_it(shopper: Client) -> None:
    answer = shopper.post(f"/cart/lines/{line_of(shopper).pk}/", {"quantity": 5})
    assert (answer.status_code, answer.headers["Location"]) == (303, "/cart/")
    assert line_of(shopper).quantity == 5
    assert count_of(shopper) == "5"


def test_quantity_0_removes_the_line(shopper: Client) -> None:
    shopper.post(f"/cart/lines/{line_of(shopper).pk}/", {"quantity": 0})
    assert not cart_of(shopper).lines.exists()
    assert count_of(shopper) == "0"
    assert "There is nothing in it yet" in shopper.get("/cart/").text


@pytest.mark.parametrize("quantity", ["11", "100", "many"])
def test_a_refused_quantity_is_told_beside_its_field(shopper: Client, quantity: str) -> None:
    line = line_of(shopper)
    answer = shopper.post(f"/cart/lines/{line.pk}/", {"quantity": quantity})
    assert answer.status_code == 422
    assert f'aria-describedby="quantity-{line.pk}-error"' in answer.text
    assert f'id="quantity-{line.pk}-error"' in answer.text
    assert line_of(shopper).quantity == 2


@pytest.mark.parametrize("quantity", ["0", "1", "nonsense"])
def test_anothers_line_is_not_found(shopper: Client, variant: Variant, quantity: str) -> None:
    other = changing.add("", variant.pk, 1, utc_now()).lines.get()
    for line_id in (other.pk, 10**25):
        answer = shopper.post(f"/cart/lines/{line_id}/", {"quantity": quantity})
        assert answer.status_code == 404
    assert Client().post(f"/cart/lines/{other.pk}/", {"quantity": 0}).status_code == 404
    assert CartLine.objects.get(pk=other.pk).quantity == 1


def test_a_code_lowers_the_total_and_can_be_taken_away(
    shopper: Client, served: dict[str, Method]
) -> None:
    Discount.objects.create(code="SPRING", percent=10)
    assert shopper.post("/cart/code/", {"code": "spring"}).status_code == 303
    page = shopper.get("/cart/").text
    assert "−€2.00" in page
    assert "€22.90" in page
    shopper.post("/cart/code/", {"code": ""})
    assert "−€2.00" not in shopper.get("/cart/").text


def test_a_refused_code_stays_in_its_field_with_the_reason_beside_it(shopper: Client) -> None:
    answer = shopper.post("/cart/code/", {"code": '"><script>'})
    assert answer.status_code == 422
    assert "We do not know the code “&quot;&gt;&lt;script&gt;”" in answer.text
    assert 'value="&quot;&gt;&lt;script&gt;"' in answer.text
    assert "<script>”" not in answer.text
    assert cart_of(shopper).code == ""


def test_a_code_that_stopped_holding_says_why(shopper: Client) -> None:
    Discount.objects.create(code="SPRING", percent=10)
    shopper.post("/cart/code/", {"code": "spring"})
    Discount.objects.update(is_active=False)
    assert "not in use at the moment" in shopper.get("/cart/").text


def test_the_estimate_follows_the_chosen_country(
    shopper: Client, served: dict[str, Method]
) -> None:
    assert "€24.90" in shopper.get("/cart/").text  # the merchant's own country
    assert shopper.post("/cart/country/", {"country": "AT"}).status_code == 303
    page = shopper.get("/cart/").text
    assert '<option value="AT" selected>Austria</option>' in page
    assert "€29.90" in page
    assert "VAT 20 %" in page


def test_a_country_that_is_not_served_is_refused_beside_the_field(
    shopper: Client, served: dict[str, Method]
) -> None:
    answer = shopper.post("/cart/country/", {"country": "FR"})
    assert answer.status_code == 422
    assert 'id="country-error"' in answer.text


def test_a_shop_that_sends_nothing_says_so(shopper: Client) -> None:
    page = shopper.get("/cart/").text
    assert "does not send anything at the moment" in page
    assert "Total before shipping" in page


def test_tax_on_top_is_listed_before_the_total(shopper: Client, served: dict[str, Method]) -> None:
    Merchant.objects.update(prices_include_tax=False)
    page = shopper.get("/cart/").text
    assert page.index("VAT 19 %") < page.index("€29.63")


def test_notices_offer_their_remedy_and_block_the_checkout(shopper: Client) -> None:
    assert 'href="/checkout/"' in shopper.get("/cart/").text
    Stock.objects.update(on_hand=1)
    page = shopper.get("/cart/").text
    assert "Only 1 of “Dunes (A3 / oak)” is left; you wanted 2." in page
    assert "Take 1" in page
    assert 'href="/checkout/"' not in page
    assert 'aria-disabled="true"' in page


def test_a_title_cannot_bring_markup(client: Client, make_variant: MakeVariant) -> None:
    variant = make_variant(product="<img src=x>")
    client.post("/cart/lines/", {"variant": variant.pk})
    page = client.get("/cart/", {"added": variant.sku}).text
    assert "<img src=x>" not in page
    assert "&lt;img src=x&gt;" in page


def test_looking_at_the_cart_writes_nothing(shopper: Client) -> None:
    Variant.objects.update(price=1500)
    with CaptureQueriesContext(connection) as queries:
        shopper.get("/cart/")
    assert queries
    assert all(query["sql"].startswith("SELECT") for query in queries.captured_queries)


def test_a_longer_cart_costs_no_more_queries(
    shopper: Client, served: dict[str, Method], make_variant: MakeVariant
) -> None:
    with CaptureQueriesContext(connection) as short:
        shopper.get("/cart/")
    for _ in range(8):
        shopper.post("/cart/lines/", {"variant": make_variant().pk})
    with CaptureQueriesContext(connection) as long:
        shopper.get("/cart/")
    assert len(long) == len(short) <= 13


def test_an_expired_cart_is_empty_and_its_badge_corrected(shopper: Client) -> None:
    Cart.objects.update(expires_at=utc_now())
    assert "There is nothing in it yet" in shopper.get("/cart/").text
    assert count_of(shopper) == "0"


@pytest.mark.parametrize(
    "path", ["/cart/lines/", "/cart/lines/1/", "/cart/code/", "/cart/country/"]
)
def test_changes_are_posted(client: Client, path: str) -> None:
    assert client.get(path).status_code == 405


def test_without_a_cart_a_code_and_a_country_lead_back(client: Client, merchant: Merchant) -> None:
    forms: dict[str, dict[str, Any]] = {"code": {"code": "X"}, "country": {"country": "DE"}}
    for path, data in forms.items():
        answer = client.post(f"/cart/{path}/", data)
        assert (answer.status_code, answer.headers["Location"]) == (303, "/cart/")
    assert not Cart.objects.exists()


def keyed(client: Client, path: str, key: str = "0123456789abcdef", **form: Any) -> Any:
    """A POST with an Idempotency-Key."""
    return client.post(path, form, headers={"Idempotency-Key": key})


def test_a_repeated_post_is_answered_as_the_first_and_adds_nothing(
    shopper: Client, variant: Variant
) -> None:
    answers = [keyed(shopper, "/cart/lines/", variant=variant.pk, quantity=3) for _ in range(3)]
    assert {(each.status_code, each.headers["Location"]) for each in answers} == {
        (303, f"/cart/?added={variant.sku}")
    }
    assert {each.cookies["cart_count"].value for each in answers} == {"5"}
    assert line_of(shopper).quantity == 5


def test_a_visitor_without_a_cart_gets_the_cart_of_the_first_answer(
    client: Client, variant: Variant
) -> None:
    first = keyed(client, "/cart/lines/", variant=variant.pk)
    client.cookies.clear()  # it never arrived
    second = keyed(client, "/cart/lines/", variant=variant.pk)
    assert second.cookies["cart"].value == first.cookies["cart"].value
    assert Cart.objects.count() == 1
    assert keyed(client, "/cart/lines/", variant=variant.pk).cookies["cart_count"].value == "1", (
        "nor when only the end of the first answer was missing"
    )


def test_no_visitor_gets_the_cart_of_another(client: Client, variant: Variant) -> None:
    first = keyed(client, "/cart/lines/", variant=variant.pk)
    elsewhere = Client(REMOTE_ADDR="10.0.0.9")
    second = keyed(elsewhere, "/cart/lines/", variant=variant.pk)
    assert second.cookies["cart"].value != first.cookies["cart"].value


def test_a_line_removed_twice_is_removed(shopper: Client) -> None:
    path = f"/cart/lines/{line_of(shopper).pk}/"
    assert [keyed(shopper, path, quantity=0).status_code for _ in range(2)] == [303, 303]
    assert shopper.post(path, {"quantity": 0}).status_code == 404, "the control: without the key"


def test_a_late_repeat_does_not_undo_what_was_changed_since(shopper: Client) -> None:
    path = f"/cart/lines/{line_of(shopper).pk}/"
    keyed(shopper, path, quantity=3)
    shopper.post(path, {"quantity": 5})
    assert keyed(shopper, path, quantity=3).status_code == 303
    assert line_of(shopper).quantity == 5


@pytest.mark.parametrize("field", ["code", "country"])
def test_what_was_refused_may_be_tried_again(
    shopper: Client, field: str, served: dict[str, Method]
) -> None:
    path = f"/cart/{field}/"
    assert [keyed(shopper, path, **{field: "NOPE"}).status_code for _ in range(2)] == [422, 422]
