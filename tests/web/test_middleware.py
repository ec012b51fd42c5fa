from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client, RequestFactory, override_settings

from bodega.web.middleware import SecurityHeaders

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.web.views")]


def posted(client: Client, address: str = "/form/", **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post(address, headers=named)


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "none"},
        {"origin": "http://testserver"},
        {"sec_fetch_site": "same-origin", "origin": "null"},
        {},
    ],
)
def test_our_own_pages_and_programs_without_a_browser_may_post(
    client: Client, headers: dict[str, str]
) -> None:
    assert posted(client, **headers).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "cross-site", "origin": "http://testserver"},
        {"origin": "https://evil.example"},
        {"origin": "http://testserver.evil.example"},
        {"origin": "http://testserver:81"},
        {"origin": "null"},
        {"origin": ""},
    ],
)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_another_site_may_not(client: Client, headers: dict[str, str], method: str) -> None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    response = getattr(client, method)("/form/", headers=named)
    assert response.status_code == 403
    assert "sent from another site, so nothing was done" in response.content.decode()


def test_reading_is_allowed_from_everywhere(client: Client) -> None:
    response = client.get("/form/", headers={"sec-fetch-site": "cross-site"})
    assert response.status_code == 200


def test_who_signs_needs_no_origin(client: Client) -> None:
    assert posted(client, "/signed/", sec_fetch_site="cross-site").status_code == 200


def test_every_answer_has_the_headers_that_protect(client: Client) -> None:
    for address in ("/form/", "/nowhere/"):
        headers = client.get(address).headers
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "same-origin"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "camera=()" in headers["Permissions-Policy"]
        assert headers["Cache-Control"] == "private, no-cache"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]


def test_the_shop_allows_nothing_inline_and_the_back_office_what_unfold_needs(
    client: Client,
) -> None:
    shop = client.get("/form/").headers["Content-Security-Policy"]
    assert "default-src 'self'" in shop
    assert "unsafe" not in shop
    backoffice = client.get("/backoffice/").headers["Content-Security-Policy"]
    assert "'unsafe-eval'" in backoffice
    assert "form-action 'self'" in backoffice


def test_a_form_may_end_at_the_bank() -> None:
    with override_settings(FAKESTRIPE_URL="http://127.0.0.1:9999/some/path"):
        secure = SecurityHeaders(lambda _request: HttpResponse())
    told = secure(RequestFactory().get("/")).headers["Content-Security-Policy"]
    assert told.endswith("form-action 'self' https://checkout.stripe.com http://127.0.0.1:9999")


def test_a_view_may_say_something_else() -> None:
    def own(_request: Any) -> HttpResponse:
        return HttpResponse(headers={"Cache-Control": "no-store"})

    answer = SecurityHeaders(own)(RequestFactory().get("/"))
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(("seconds", "said"), [(31_536_000, "max-age=31536000"), (0, None)])
def test_hsts_is_said_by_a_shop_whose_address_is_https(seconds: int, said: str | None) -> None:
    with override_settings(SECURE_HSTS_SECONDS=seconds):
        answer = SecurityHeaders(lambda _request: HttpResponse())(RequestFactory().get("/"))
        assert answer.headers.get("Strict-Transport-Security") == said
