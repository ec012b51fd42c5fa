"""Whatever is sent, fakestripe answers it or refuses it: nothing breaks."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fakestripe import Json, parameters
from fakestripe.api import CALLS, Call
from fakestripe.testing import Handle

KEY = {"Authorization": "Bearer sk_test_x", "Content-Type": "application/x-www-form-urlencoded"}
SALE = {
    "success_url": "https://shop.test/",
    "line_items[0][price_data][currency]": "eur",
    "line_items[0][price_data][unit_amount]": "500",
    "line_items[0][price_data][product_data][name]": "Tide",
}
ODD = st.sampled_from(
    ["", "0", "-1", "1e9", "true", "eur", "http://[", "http://a:99999", "https://a.test", "ä\u2028",
     "{}", "data.line_items", "payment_intent.latest_charge", "99999999999999999999"]
)  # fmt: skip


@pytest.fixture
def shop(fake: Handle) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=fake.base_url, headers=KEY) as shop:
        yield shop


@pytest.fixture
def sold(shop: httpx.Client) -> list[str]:
    """The ids of all that comes of one sale."""
    session = shop.post("/v1/checkout/sessions", data=SALE).json()["id"]
    paid = shop.post(f"/_fake/pay/{session}").json()
    kinds = ("charges", "events", "products", "prices", "webhook_endpoints", "payment_intents")
    lists = [shop.get(f"/v1/{kind}").json()["data"] for kind in kinds]
    return [session, paid["payment_intent"], *(thing["id"] for found in lists for thing in found)]


def values(node: Json, depth: int = 0) -> st.SearchStrategy[Any]:
    """Values as a table's node wants them, more or less."""
    if "items" in node:
        return st.lists(values(node["items"], depth + 1), max_size=2)
    if "fields" in node and depth < 4:
        names = st.sampled_from([*sorted(node["fields"]), "unknown"])
        few = st.lists(names, max_size=4, unique=True)
        return few.flatmap(
            lambda names: st.fixed_dictionaries(
                {name: values(node["fields"].get(name, {}), depth + 1) for name in names}
            )
        )
    if "enum" in node:
        return st.sampled_from([str(choice) for choice in node["enum"]]) | ODD
    return ODD | st.integers(-3, 10**8).map(str) | st.text(max_size=8)


def flat(path: str, value: Any) -> list[tuple[str, str]]:
    if isinstance(value, dict):
        parts = [(f"{path}[{key}]" if path else key, part) for key, part in value.items()]
    elif isinstance(value, list):
        parts = [(f"{path}[{place}]", part) for place, part in enumerate(value)]
    else:
        return [(path, value)]
    return [pair for name, part in parts for pair in flat(name, part)]


@pytest.mark.parametrize("call", CALLS, ids=lambda call: call.operation)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
def test_a_call_with_odd_parameters_never_breaks(
    shop: httpx.Client, sold: list[str], call: Call, data: st.DataObject
) -> None:
    pairs = flat("", data.draw(values(parameters.tables()[call.operation])))
    usual = SALE.items() if call.operation == "checkout.sessions.create" else []
    encoded = urlencode([*usual, *pairs])
    path = call.path.replace("{id}", data.draw(st.sampled_from(sold)))
    if call.method == "POST":
        answer = shop.post(path, content=encoded)
    else:
        answer = shop.request(call.method, f"{path}?{encoded}")
    assert answer.status_code in (200, 400, 404)
    assert answer.status_code == 200 or answer.json()["error"]["message"]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    typed=st.dictionaries(
        st.sampled_from(["kind", "card", "expiry", "cvc", "email", "name", "account"]),
        st.text(max_size=20) | st.sampled_from(["sepa_debit", "4242424242424242", "12/34", "123"]),
    )
)
def test_the_page_with_odd_input_never_breaks(shop: httpx.Client, typed: dict[str, str]) -> None:
    session = shop.post("/v1/checkout/sessions", data=SALE).json()["id"]
    answer = shop.post(f"/c/pay/{session}", content=urlencode(typed))
    assert answer.status_code in (303, 402, 422)
