import gzip
from datetime import date

import brotli
import pytest

from bodega.web.pages import Page, Pages, is_unchanged, preferred_coding

ONE = (1, date(2026, 1, 1))
TWO = (2, date(2026, 1, 1))


def page(size: int = 100) -> Page:
    return Page([(b"content-type", b"text/html")], b"x" * size)


def filled(pages: Pages, count: int, size: int = 100) -> list[tuple[str, str, str]]:
    keys = [(f"/p/{number}/", "", "") for number in range(count)]
    for key in keys:
        pages.keep(key, page(size), ONE)
    return keys


@pytest.fixture
def pages() -> Pages:
    kept = Pages(100_000)
    kept.turn(ONE)
    return kept


def test_a_kept_page_is_found_again(pages: Pages) -> None:
    key, kept = ("/", "", ""), page()
    pages.keep(key, kept, ONE)
    assert pages.find(key) is kept
    assert pages.find(("/other/", "", "")) is None


def test_a_new_version_forgets_everything(pages: Pages) -> None:
    filled(pages, 3)
    pages.turn(TWO)
    assert len(pages) == pages.size == 0


def test_a_page_made_from_an_older_version_is_not_kept(pages: Pages) -> None:
    pages.turn(TWO)
    pages.keep(("/", "", ""), page(), ONE)
    assert len(pages) == 0


def test_the_limit_holds_in_bytes(pages: Pages) -> None:
    filled(pages, 200, size=3_000)
    assert pages.size <= pages.limit
    assert len(pages) == pages.limit // page(3_000).size


def test_a_page_of_a_quarter_of_the_limit_is_not_kept(pages: Pages) -> None:
    pages.keep(("/", "", ""), page(30_000), ONE)
    assert len(pages) == 0


def test_a_flood_of_new_addresses_pushes_out_no_page_that_was_asked_for_twice(
    pages: Pages,
) -> None:
    (wanted, *_) = filled(pages, 1, size=3_000)
    assert pages.find(wanted)
    for number in range(1_000):
        pages.keep(("/search/", f"q={number}", ""), page(3_000), ONE)
    assert pages.find(wanted)


def test_without_a_second_question_a_page_goes_with_the_flood(pages: Pages) -> None:
    (once, *_) = filled(pages, 1, size=3_000)
    for number in range(1_000):
        pages.keep(("/search/", f"q={number}", ""), page(3_000), ONE)
    assert pages.find(once) is None


def test_protected_pages_make_room_for_each_other(pages: Pages) -> None:
    keys = filled(pages, 19, size=3_000)
    for key in keys:
        pages.find(key)
    pages.find(keys[0])
    for number in range(30):
        pages.keep(("/new/", str(number), ""), page(3_000), ONE)
        pages.find(("/new/", str(number), ""))
    assert pages.size <= pages.limit
    assert pages.find(keys[1]) is None


def test_the_size_is_that_of_the_pages_after_any_sequence(pages: Pages) -> None:
    keys = filled(pages, 30, size=3_000)
    for key in keys[::2]:
        found = pages.find(key)
        if found is not None:
            pages.add_variant(key, found, b"br", found.encode(b"br"))
            pages.keep(key, page(500), ONE)
    everything = [*pages._protected.values(), *pages._probation.values()]
    assert pages.size == sum(each.size for each in everything)
    assert pages._protected_size == sum(each.size for each in pages._protected.values())


def test_a_variant_of_a_forgotten_page_is_not_counted(pages: Pages) -> None:
    forgotten = page()
    pages.add_variant(("/", "", ""), forgotten, b"gzip", forgotten.encode(b"gzip"))
    assert pages.size == 0
    assert b"gzip" in forgotten.variants


def test_the_parameters_of_a_path_decide_the_key(pages: Pages) -> None:
    assert pages.key("/c/a/", b"page=2", "") is None
    pages.learn("/c/a/", ("page",))
    assert pages.key("/c/a/", b"x=1&page=2", "") == ("/c/a/", "page=2", "")
    assert pages.key("/c/a/", b"page=2&utm_source=z", "") == ("/c/a/", "page=2", "")
    assert pages.key("/c/a/", b"page=2", "de") != pages.key("/c/a/", b"page=2", "en")


def test_each_coding_is_the_same_page_under_its_own_tag() -> None:
    made = Page([(b"content-type", b"text/html")], b"words and words " * 50)
    plain, zipped, smallest = (made.encode(coding) for coding in (b"", b"gzip", b"br"))
    assert plain.body["body"] == made.content
    assert gzip.decompress(zipped.body["body"]) == made.content
    assert brotli.decompress(smallest.body["body"]) == made.content
    assert len({plain.etag, zipped.etag, smallest.etag}) == 3
    headers = dict(smallest.start["headers"])
    assert headers[b"content-encoding"] == b"br"
    assert headers[b"vary"] == b"accept-encoding"
    assert headers[b"cache-control"] == b"no-cache"
    assert int(headers[b"content-length"]) == len(smallest.body["body"])


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (b"", b""),
        (b"gzip, deflate, br, zstd", b"br"),
        (b"gzip", b"gzip"),
        (b"GZIP;q=0.5", b"gzip"),
        (b"br;q=0, gzip;q=1.0", b"gzip"),
        (b"br;q=0.000", b""),
        (b"identity", b""),
        (b"zstd", b""),
    ],
)
def test_the_best_coding_a_client_takes(accepted: bytes, coding: bytes) -> None:
    assert preferred_coding(accepted) == coding


@pytest.mark.parametrize(
    ("header", "unchanged"),
    [
        (b'"abc"', True),
        (b'W/"abc"', True),
        (b'"x", "abc"', True),
        (b"*", True),
        (b'"abcd"', False),
        (b"abc", False),
        (b"", False),
    ],
)
def test_a_client_has_the_page_when_it_names_its_tag(header: bytes, unchanged: bool) -> None:
    assert is_unchanged(header, b'"abc"') is unchanged
