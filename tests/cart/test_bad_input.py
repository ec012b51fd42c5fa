"""Nothing a client sends makes the cart answer 5xx."""

import pytest
from django.test import Client
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bodega.cart.models import CartLine
from bodega.catalog.models import Variant

PATHS = ["/cart/lines/", "/cart/lines/{line}/", "/cart/lines/999/", "/cart/code/", "/cart/country/"]
FIELDS = ["variant", "quantity", "code", "country", "added", "csrfmiddlewaretoken"]
MIME = [
    "application/x-www-form-urlencoded",
    "application/json",
    "text/plain",
    "",
    "multipart/form-data",
]

texts = st.one_of(
    st.text(max_size=60),
    st.integers().map(str),
    st.sampled_from(["\0", "1\0", "٣", "-0", "1e9", "NaN", "SPRING", "DE", "0" * 400]),
)
bodies = st.one_of(
    st.binary(max_size=200),
    st.lists(st.tuples(st.sampled_from(FIELDS), texts), max_size=5).map(
        lambda pairs: "&".join(f"{name}={value}" for name, value in pairs).encode(
            "utf-8", "surrogatepass"
        )
    ),
)
accepts = st.sampled_from(["", "*/*", "application/json", "text/html", ";q=x", "application/*;q=9"])
WIRE = st.text(st.characters(max_codepoint=255), max_size=30)  # what a header can carry
cookies = st.one_of(st.just("real"), st.text("abcdef0123456789", max_size=40), WIRE)

few = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@pytest.fixture
def line(client: Client, variant: Variant) -> CartLine:
    client.post("/cart/lines/", {"variant": variant.pk})
    return CartLine.objects.get()


@few
@given(
    path=st.sampled_from(PATHS),
    data=st.dictionaries(st.sampled_from(FIELDS), texts),
    accept=accepts,
)
@example(path="/cart/code/", data={"code": "\0"}, accept="")
@example(path="/cart/country/", data={"country": "\0"}, accept="")
def test_no_form_is_answered_with_5xx(
    client: Client, line: CartLine, path: str, data: dict[str, str], accept: str
) -> None:
    answer = client.post(path.format(line=line.pk), data, headers={"Accept": accept})
    assert answer.status_code in {200, 303, 404, 422}


@few
@given(path=st.sampled_from(PATHS), body=bodies, mime=st.sampled_from(MIME), accept=accepts)
def test_no_body_is_answered_with_5xx(
    client: Client, line: CartLine, path: str, body: bytes, mime: str, accept: str
) -> None:
    answer = client.post(
        path.format(line=line.pk), body, content_type=mime, headers={"Accept": accept}
    )
    assert answer.status_code in {200, 303, 400, 404, 422}


@few
@given(token=cookies, count=cookies, query=st.dictionaries(st.sampled_from(FIELDS), texts))
def test_no_cookie_and_no_query_is_answered_with_5xx(
    client: Client, line: CartLine, token: str, count: str, query: dict[str, str]
) -> None:
    if token != "real":
        client.cookies["cart"] = token
    client.cookies["cart_count"] = count
    assert client.get("/cart/", query).status_code == 200


@few
@given(line_id=st.integers(min_value=0))
def test_no_line_id_is_answered_with_5xx(client: Client, line: CartLine, line_id: int) -> None:
    answer = client.post(f"/cart/lines/{line_id}/", {"quantity": 1})
    assert answer.status_code == (303 if line_id == line.pk else 404)
