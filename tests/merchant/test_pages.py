"""The merchant and the merchant's own pages."""

from typing import Any

import pytest
from django.db import IntegrityError
from django.test import Client

from bodega.lib.pages import MARK
from bodega.merchant import pages
from bodega.merchant.meta import Meta, summary
from bodega.merchant.models import Merchant, Page

pytestmark = pytest.mark.django_db


@pytest.fixture
def imprint() -> Page:
    return Page.objects.create(
        title="Imprint", slug="imprint", kind="imprint", body="# Us\n\n<script>x()</script>*Hello*"
    )


def test_there_is_a_merchant_even_on_an_empty_volume() -> None:
    assert Merchant.current().name == "My shop"
    assert Merchant.objects.count() == 1


def test_the_merchant_costs_one_query(django_assert_num_queries: Any) -> None:
    Merchant.current()
    with django_assert_num_queries(1):
        Merchant.current()


def test_there_is_one_merchant() -> None:
    Merchant.current()
    with pytest.raises(IntegrityError):
        Merchant.objects.create(pk=2)


def test_a_page_of_text_is_shown_clean_and_the_same_for_everybody(
    imprint: Page, client: Client, django_assert_max_num_queries: Any
) -> None:
    Merchant.current()
    with django_assert_max_num_queries(4):
        answer = client.get("/pages/imprint/")
    text = answer.content.decode()
    assert answer.status_code == 200
    assert MARK in answer.headers
    assert "<em>Hello</em>" in text
    assert "x()" not in text
    assert '<meta name="description" content="Us Hello">' in text


def test_a_page_that_is_not_there_is_404(imprint: Page, client: Client) -> None:
    assert client.get("/pages/nothing/").status_code == 404


def test_the_footer_lists_its_pages_in_one_query(
    imprint: Page, django_assert_num_queries: Any
) -> None:
    Page.objects.create(title="Secret", slug="secret", in_footer=False)
    with django_assert_num_queries(1):
        footer = pages.footer_pages()
        assert [(page.title, page.get_absolute_url()) for page in footer] == [
            ("Imprint", "/pages/imprint/")
        ]


def test_pages_are_found_by_what_the_law_calls_them(imprint: Page) -> None:
    assert pages.of_kind(Page.Kind.IMPRINT) == imprint
    assert pages.of_kind(Page.Kind.TERMS) is None


@pytest.mark.parametrize(
    ("markdown", "plain"),
    [
        ("", ""),
        ("# Dunes\n\nA *calm* **print**.", "Dunes A calm print."),
        ("- one\n- two [link](/x) ![pic](y.jpg)", "one two link pic"),
        ("> said <b>she</b> `x` 3 < 4", "said she x 3 < 4"),
        ("1. first | cell", "first cell"),
    ],
)
def test_summaries_are_plain(markdown: str, plain: str) -> None:
    assert summary(markdown) == plain


def test_long_texts_are_cut_with_a_sign() -> None:
    cut = summary("word " * 100)
    assert len(cut) <= 160
    assert cut.endswith("…")


def test_addresses_for_others_are_whole(settings: Any) -> None:
    settings.PUBLIC_URL = "https://prints.example"
    meta = Meta("Dunes", "/p/dunes/", image="/media/img/x.webp")
    assert meta.canonical == "https://prints.example/p/dunes/"
    assert meta.image_address == "https://prints.example/media/img/x.webp"
    assert Meta("Home", "/").image_address == ""
