"""Slugs: made from titles, unique, and never forgotten."""

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from bodega.catalog import slugs
from bodega.catalog.models import AttributeValue, Category, Collection, OldSlug, Product
from tests.catalog.conftest import MakeProduct

pytestmark = pytest.mark.django_db


def rename(thing: Product | Category | Collection, slug: str) -> None:
    thing.slug = slug
    thing.save()


def test_a_slug_is_made_from_the_title(make_product: MakeProduct) -> None:
    assert make_product("Café & Größe").slug == "cafe-grosse"


def test_a_chosen_slug_stays(make_product: MakeProduct) -> None:
    assert make_product("Dunes", slug="sand").slug == "sand"


def test_equal_titles_get_different_slugs(make_product: MakeProduct) -> None:
    assert [make_product("Dunes").slug for _ in range(3)] == ["dunes", "dunes-2", "dunes-3"]


def test_a_title_without_letters_gets_a_slug_all_the_same(make_product: MakeProduct) -> None:
    assert make_product("🌊").slug == "product"
    assert make_product("🌊🌊").slug == "product-2"


def test_an_attribute_value_gets_its_slug(make_product: MakeProduct) -> None:
    make_product("Dunes", colour="Sky blue")
    assert AttributeValue.objects.get().slug == "sky-blue"


def test_saving_without_a_change_remembers_nothing(make_product: MakeProduct) -> None:
    product = make_product("Dunes")
    product.save()
    product.save(update_fields=["title"])
    assert not OldSlug.objects.exists()


@pytest.mark.parametrize("folder", ["p", "c", "collections"])
def test_an_old_address_leads_to_the_new_one(
    folder: str, make_product: MakeProduct, client: Client
) -> None:
    thing: Product | Category | Collection
    if folder == "p":
        thing = make_product("Old")
    else:
        thing = (Category if folder == "c" else Collection).objects.create(name="Old")
    rename(thing, "new")
    answer = client.get(f"/{folder}/old/", {"page": "2", "variant": "7"})
    kept = "?variant=7" if folder == "p" else "?page=2"
    assert (answer.status_code, answer.headers["Location"]) == (301, f"/{folder}/new/{kept}")


def test_however_often_it_moves_every_old_address_is_one_step_away(
    make_product: MakeProduct, client: Client
) -> None:
    product = make_product("First")
    for slug in ("second", "third", "fourth"):
        rename(product, slug)
    for slug in ("first", "second", "third"):
        assert client.get(f"/p/{slug}/").headers["Location"] == "/p/fourth/"


def test_going_back_to_the_first_slug_makes_no_loop(
    make_product: MakeProduct, client: Client
) -> None:
    product = make_product("First")
    rename(product, "second")
    rename(product, "first")
    assert client.get("/p/first/").status_code == 200
    assert client.get("/p/second/").headers["Location"] == "/p/first/"
    assert list(OldSlug.objects.values_list("slug", flat=True)) == ["second"]


def test_a_reused_slug_wins_over_history(make_product: MakeProduct, client: Client) -> None:
    rename(make_product("Dunes"), "sand")
    make_product("New dunes", slug="dunes")
    answer = client.get("/p/dunes/")
    assert answer.status_code == 200
    assert b"New dunes" in answer.content


def test_the_history_of_one_kind_says_nothing_about_another(
    make_product: MakeProduct, client: Client
) -> None:
    rename(make_product("Old"), "new")
    assert client.get("/c/old/").status_code == 404


def test_an_old_address_of_a_draft_tells_nothing(make_product: MakeProduct, client: Client) -> None:
    product = make_product("Old", status="draft")
    rename(product, "new")
    assert client.get("/p/old/").status_code == 404


def test_an_old_address_of_something_deleted_is_not_found(
    client: Client, category: Category
) -> None:
    rename(category, "hills")
    category.delete()
    assert client.get("/c/landscapes/").status_code == 404


@given(text=st.text(), longest=st.integers(8, 140))
def test_every_text_becomes_a_slug_that_fits(text: str, longest: int) -> None:
    slug = slugs.slug_of(text, "thing", longest)
    assert 1 <= len(slug) <= longest
    assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert not slug.startswith("-")


def test_a_long_title_is_cut_at_a_word() -> None:
    assert slugs.slug_of("the quick brown fox", "x", 12) == "the-quick"
    assert slugs.slug_of("abcdefghijklmnop", "x", 8) == "abcdefgh"


def test_numbers_fit_too() -> None:
    assert slugs.free_slug("abcdefgh", ["abcdefgh", "abcdef-2"], 8) == "abcdef-3"
