from importlib import import_module

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from bodega.lib.pages import MARK, canonical_query, same_for_everybody


@same_for_everybody("page", "sort")
def listing(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.get_full_path())


@same_for_everybody
def facets(request: HttpRequest) -> HttpResponse:
    return HttpResponse(request.get_full_path())


def test_the_page_names_the_parameters_that_count() -> None:
    response = listing(RequestFactory().get("/"))
    assert response.headers[MARK] == "page,sort"
    assert facets(RequestFactory().get("/")).headers[MARK] == "*"


def test_a_view_sees_only_the_parameters_it_declared_and_in_one_order() -> None:
    request = RequestFactory().get("/?utm_source=ad&sort=price&x=1&page=2")
    response = listing(request)
    assert isinstance(response, HttpResponse)
    assert response.content == b"/?page=2&sort=price"
    assert set(request.GET) == {"page", "sort"}


def test_a_view_that_declares_nothing_sees_all_but_advertising() -> None:
    response = facets(RequestFactory().get("/?style=b&style=a&gclid=1&utm_medium=x"))
    assert isinstance(response, HttpResponse)
    assert response.content == b"/?style=a&style=b"


def test_a_view_is_not_told_who_asks() -> None:
    request = RequestFactory().get("/", headers={"cookie": "cart=abc"})
    request.session = import_module(settings.SESSION_ENGINE).SessionStore()
    request.user = AnonymousUser()
    assert request.COOKIES
    listing(request)
    assert request.COOKIES == {}
    assert "HTTP_COOKIE" not in request.META
    for attribute in ("session", "user"):
        with pytest.raises(AttributeError):
            getattr(request, attribute)


def test_a_post_is_left_as_it_is() -> None:
    request = RequestFactory().post("/?x=1", headers={"cookie": "cart=abc"})
    response = listing(request)
    assert MARK not in response.headers
    assert request.COOKIES == {"cart": "abc"}


def test_only_a_whole_page_of_status_200_is_marked() -> None:
    @same_for_everybody("page")
    def missing(_request: HttpRequest) -> HttpResponse:
        return HttpResponse(status=404)

    @same_for_everybody("page")
    def streamed(_request: HttpRequest) -> StreamingHttpResponse:
        return StreamingHttpResponse([b"a"])

    assert MARK not in missing(RequestFactory().get("/")).headers
    assert MARK not in streamed(RequestFactory().get("/")).headers


@pytest.mark.parametrize(
    ("raw", "canonical"),
    [
        (b"", ""),
        (b"b=2&a=1", "a=1&b=2"),
        (b"a=", "a="),
        (b"a=%C3%A9&a=\xc3\xa9", "a=%C3%A9&a=%C3%A9"),
        (b"a=%FF", "a=%EF%BF%BD"),
        (b"a=1&utm_source=x&fbclid=y", "a=1"),
    ],
)
def test_the_same_question_has_one_canonical_form(raw: bytes, canonical: str) -> None:
    assert canonical_query(raw, ("*",)) == canonical
    assert canonical_query(canonical.encode(), ("*",)) == canonical
