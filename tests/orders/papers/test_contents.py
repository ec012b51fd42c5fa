"""What an invoice says adds up, and names what the law wants named."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bodega.orders.papers.contents import tax_row
from bodega.taxes.amounts import Rate
from tests.orders.papers.samples import REDUCED, STANDARD, address, invoice_content, merchant

rates = st.sampled_from([STANDARD, REDUCED, Rate("", 0), Rate("Sales tax", 88_750)])
goods = st.lists(
    st.tuples(st.integers(0, 999_999), st.integers(1, 99), rates), min_size=1, max_size=12
)


@given(goods, st.integers(0, 99_999), st.integers(0, 100), st.booleans())
def test_the_table_of_taxes_adds_up_to_the_orders_tax_and_total(
    goods: Any, shipping: int, percent_off: int, inclusive: bool
) -> None:
    off = [price * count * percent_off // 100 for price, count, _ in goods]
    said = invoice_content(goods, shipping=shipping, discount=off, inclusive=inclusive)
    assert sum(row["tax"] for row in said["taxes"]) == said["tax"]
    assert sum(row["net"] + row["tax"] for row in said["taxes"]) == said["total"]
    paid = said["subtotal"] - said["discount"] + said["shipping"]
    assert said["total"] == paid + (0 if inclusive else said["tax"])
    assert sum(line["subtotal"] for line in said["lines"]) == said["subtotal"]


def test_seller_buyer_dates_and_references_are_in_it() -> None:
    said = invoice_content([(1000, 1, STANDARD)])
    assert said["seller"]["name"] == "Bodega Prints GmbH"
    assert said["seller"]["vat_id"] == "DE136695976"
    assert said["buyer"]["name"] == "Ada Lovelace"
    assert said["order"] == {
        "number": "B-1001",
        "placed": "2026-11-22",
        "email": "ada@example.com",
    }
    assert (said["issued"], said["paid"], said["delivery_days"]) == (
        "2026-11-22",
        "2026-11-22",
        "2–4",
    )


def test_the_dates_are_the_merchants_days(settings: Any) -> None:
    settings.TIME_ZONE = "Pacific/Auckland"
    assert invoice_content([(1000, 1, STANDARD)])["issued"] == "2026-11-23"


def test_the_billing_address_is_the_buyers_and_the_other_is_where_it_goes() -> None:
    places = [address(), address(kind="billing", name="Analytical Engines Ltd")]
    said = invoice_content([(1000, 1, STANDARD)], addresses=places)
    assert said["buyer"]["name"] == "Analytical Engines Ltd"
    assert said["delivery"]["name"] == "Ada Lovelace"
    same = invoice_content([(1000, 1, STANDARD)])
    assert same["delivery"] is None


def test_without_a_legal_name_the_shops_name_is_the_sellers() -> None:
    said = invoice_content([(1000, 1, STANDARD)], shop=merchant(legal_name="", vat_id=""))
    assert said["seller"]["name"] == "Bodega Prints"
    assert said["seller"]["vat_id"] == ""


def test_a_rates_name_is_kept_without_its_percentage() -> None:
    row = {"ppm": 88_750, "net": 1, "tax": 0}
    assert tax_row({"name": "Sales tax 8.875 %", **row})["name"] == "Sales tax"
    assert tax_row({"name": "VAT", **row})["name"] == "VAT"
