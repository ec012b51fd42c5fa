"""Nothing a stranger can send makes the shop answer 500 (design 7.5)."""

import http.client
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.processes.conftest import RunningShop

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("running shop")]

PATHS = [
    "/",
    "/c/{}/",
    "/collections/{}/",
    "/p/{}/",
    "/search/",
    "/search/suggestions/",
    "/cart/",
    "/cart/lines/",
    "/cart/lines/{}/",
    "/cart/code/",
    "/cart/country/",
    "/checkout/",
    "/orders/{}/",
    "/payments/return/",
    "/payments/cancelled/{}/",
    "/payments/webhook/",
    "/pages/{}/",
    "/media/{}",
    "/static/{}",
    "/live/",
    "/up",
    "/sitemap.xml",
    "/robots.txt",
    "/backoffice/",
    "/backoffice/login/",
    "/{}",
]
NAMES = [
    "q",
    "page",
    "sort",
    "variant",
    "quantity",
    "code",
    "email",
    "country",
    "session_id",
    "channel",
]
HEADERS = [
    "Cookie",
    "Referer",
    "Origin",
    "Accept",
    "Accept-Language",
    "If-None-Match",
    "Range",
    "Host",
]

words = st.text(max_size=60) | st.sampled_from(
    [
        "\0",
        "../../../../etc/passwd",
        "%",
        "%ff",
        "'\"--",
        "9" * 30,
        "-1",
        "NaN",
        "1e309",
        "<script>",
        "💥" * 20,
    ]
)
octets = st.binary(max_size=200)
header_text = st.text(
    st.characters(min_codepoint=32, max_codepoint=255, exclude_characters="\x7f"), max_size=80
)
pairs = st.dictionaries(st.sampled_from(NAMES) | words, words, max_size=4)


def ask(url: str, method: str, target: str, body: bytes, headers: dict[str, str]) -> int:
    """The status of one request; a connection the server closed without a word is 0."""
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=20)
    try:
        connection.putrequest(method, target, skip_host="Host" in headers)
        for name, value in {**headers, "Content-Length": str(len(body))}.items():
            connection.putheader(name, value.encode("latin-1", "replace"))
        connection.endheaders(body)
        return connection.getresponse().status
    except (http.client.BadStatusLine, ConnectionError):
        return 0
    finally:
        connection.close()


def encoded(values: dict[str, str]) -> str:
    return "&".join(
        f"{quote(k, errors='replace')}={quote(v, errors='replace')}" for k, v in values.items()
    )


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
@pytest.mark.parametrize("path", PATHS)
def test_no_request_makes_an_internal_error(
    running_shop: RunningShop, path: str, data: st.DataObject
) -> None:
    """25 requests for each of 26 addresses: methods, paths, queries, bodies and headers at random."""
    method = data.draw(st.sampled_from(["GET", "POST", "HEAD", "PUT", "DELETE", "OPTIONS"]))
    target = path.format(quote(data.draw(words), errors="replace")) if "{}" in path else path
    if data.draw(st.booleans()):
        target += "?" + encoded(data.draw(pairs))
    body = encoded(data.draw(pairs)).encode() if data.draw(st.booleans()) else data.draw(octets)
    headers = data.draw(st.dictionaries(st.sampled_from(HEADERS), header_text, max_size=3))
    if data.draw(st.booleans()):
        headers |= {"Origin": running_shop.url, "Sec-Fetch-Site": "same-origin"}
    headers["Content-Type"] = data.draw(
        st.sampled_from(
            [
                "application/x-www-form-urlencoded",
                "multipart/form-data; boundary=x",
                "text/plain",
                "x",
            ]
        )
    )
    if path == "/live/":
        headers.pop("Accept", None)
    assert ask(running_shop.url, method, target, body, headers) < 500


def test_the_shop_still_stands_afterwards(running_shop: RunningShop) -> None:
    assert ask(running_shop.url, "GET", "/up", b"", {}) == 200
    assert ask(running_shop.url, "GET", "/", b"", {}) == 200
