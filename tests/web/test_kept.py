import asyncio
import logging
from datetime import date
from typing import Any

import brotli
import pytest
from django.test import override_settings

from bodega.lib.pages import MARK
from bodega.web.bridge import Message, Receive, Scope, Send
from bodega.web.freshness import Freshness, Version
from bodega.web.kept import LOCALE_MIDDLEWARE, KeptPages, language_of
from bodega.web.pages import Pages
from tests.web.asking import Answer, ask, asked, saying, scope

DAY = date(2026, 1, 1)
MARKED = {MARK.lower(): "page", "content-type": "text/html", "content-length": "4"}


class Told(Freshness):
    """Says the version it is told."""

    def __init__(self, version: Version | None = (1, DAY)) -> None:
        self.now = version

    def version(self) -> Version | None:
        return self.now


def kept(maker: Any, freshness: Freshness | None = None, limit: int = 100_000) -> KeptPages:
    return KeptPages(maker, Pages(limit), freshness or Told())


def test_a_marked_page_is_made_once_and_served_without_its_mark() -> None:
    maker: Any = saying(b"page", headers=MARKED)
    shop = kept(maker)
    first, second = asked(shop, scope("/")), asked(shop, scope("/"))
    assert maker.calls == 1
    assert first.body == second.body == b"page"
    assert first.headers == second.headers
    assert MARK.lower() not in first.headers
    assert first.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    "headers",
    [
        {"content-type": "text/html"},
        {**MARKED, "set-cookie": "a=1"},
        {**MARKED, "vary": "Accept, Cookie"},
    ],
)
def test_what_is_not_the_same_for_everybody_is_made_for_everybody(
    headers: dict[str, str], caplog: pytest.LogCaptureFixture
) -> None:
    maker: Any = saying(b"mine", headers=headers)
    shop = kept(maker)
    with caplog.at_level(logging.ERROR):
        answers = [asked(shop, scope("/")) for _ in range(2)]
    assert maker.calls == 2
    assert all(MARK.lower() not in answer.headers for answer in answers)
    assert len(caplog.records) == (2 if MARK.lower() in headers else 0)


def test_a_post_never_meets_the_page_cache() -> None:
    maker: Any = saying(b"page", headers=MARKED)
    shop = kept(maker)
    for _ in range(2):
        assert MARK.lower() not in asked(shop, scope("/", "POST")).headers
    assert maker.calls == 2


def test_a_new_version_makes_the_page_anew() -> None:
    maker: Any = saying(b"page", headers=MARKED)
    freshness = Told()
    shop = kept(maker, freshness)
    asked(shop, scope("/"))
    freshness.now = (2, DAY)
    asked(shop, scope("/"))
    freshness.now = (2, date(2026, 1, 2))
    asked(shop, scope("/"))
    assert maker.calls == 3


def test_without_a_version_nothing_is_kept_and_nothing_kept_is_served() -> None:
    maker: Any = saying(b"page", headers=MARKED)
    freshness = Told()
    shop = kept(maker, freshness)
    asked(shop, scope("/"))
    freshness.now = None
    answer = asked(shop, scope("/"))
    assert maker.calls == 2
    assert answer.body == b"page"
    assert MARK.lower() not in answer.headers


def test_a_limit_of_nothing_switches_the_cache_off() -> None:
    maker: Any = saying(b"page", headers=MARKED)
    shop = kept(maker, limit=0)
    for _ in range(2):
        asked(shop, scope("/"))
    assert maker.calls == 2


def test_a_change_while_the_page_is_made_is_not_missed() -> None:
    freshness = Told()
    calls = 0

    async def maker(_scope: Scope, _receive: Receive, send: Send) -> None:
        nonlocal calls
        calls += 1
        price = f"version {freshness.now}".encode()
        if calls == 1:
            freshness.now = (2, DAY)  # committed after the page's queries, before it is kept
        await saying(price, headers=MARKED)(_scope, _receive, send)

    shop = kept(maker, freshness)
    asked(shop, scope("/"))
    assert asked(shop, scope("/")).body == f"version {(2, DAY)}".encode()
    assert calls == 2


def test_only_parameters_that_count_make_a_new_page() -> None:
    maker: Any = saying(b"page", headers=MARKED)
    shop = kept(maker)
    for address in ("/", "/?utm_source=a", "/?x=1", "/?page=2", "/?x=3&page=2"):
        asked(shop, scope(address))
    assert maker.calls == 2


def test_a_browser_that_has_the_page_is_told_so() -> None:
    shop = kept(saying(b"page", headers=MARKED))
    tag = asked(shop, scope("/")).headers["etag"]
    answer = asked(shop, scope("/", if_none_match=tag))
    assert (answer.status, answer.body) == (304, b"")
    assert answer.headers["etag"] == tag
    assert asked(shop, scope("/", if_none_match='"other"')).status == 200


def test_a_browser_gets_the_coding_it_takes() -> None:
    shop = kept(saying(b"page" * 100, headers=MARKED))
    answer = asked(shop, scope("/", accept_encoding="gzip, br"))
    assert answer.headers["content-encoding"] == "br"
    assert brotli.decompress(answer.body) == b"page" * 100
    assert "content-encoding" not in asked(shop, scope("/")).headers
    assert shop.pages.size > 2_000 + 400


def test_head_tells_what_get_would() -> None:
    maker: Any = saying(b"page", headers=MARKED)
    shop = kept(maker)
    asked(shop, scope("/", "HEAD"))
    page = asked(shop, scope("/"))
    head = asked(shop, scope("/", "HEAD"))
    assert maker.calls == 2, "a head before the first get is Django's"
    assert head.headers == page.headers
    assert head.body == b""


def test_visitors_who_come_while_a_page_is_made_wait_for_it() -> None:
    may_end = asyncio.Event()
    calls = 0

    async def maker(asked_for: Scope, receive: Receive, send: Send) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            await may_end.wait()
        await saying(b"page %d" % calls, headers=MARKED)(asked_for, receive, send)

    freshness = Told()
    shop = kept(maker, freshness)

    async def crowd() -> list[Answer]:
        await ask(shop, scope("/"))  # from now on the page is known to be the same for everybody
        freshness.now = (2, DAY)
        waiting = [asyncio.create_task(ask(shop, scope("/"))) for _ in range(5)]
        await asyncio.sleep(0)
        may_end.set()
        return await asyncio.gather(*waiting)

    answers = asyncio.run(crowd())
    assert calls == 2
    assert {answer.body for answer in answers} == {b"page 2"}


def test_nobody_waits_for_a_page_of_an_older_version() -> None:
    may_end = asyncio.Event()
    freshness = Told()

    async def maker(asked_for: Scope, receive: Receive, send: Send) -> None:
        version = freshness.now
        if version == (2, DAY):
            await may_end.wait()
        await saying(str(version).encode(), headers=MARKED)(asked_for, receive, send)

    shop = kept(maker, freshness)

    async def crowd() -> Answer:
        await ask(shop, scope("/"))
        freshness.now = (2, DAY)
        slow = asyncio.create_task(ask(shop, scope("/")))
        await asyncio.sleep(0)
        freshness.now = (3, DAY)
        answer = await ask(shop, scope("/"))
        may_end.set()
        await slow
        return answer

    assert asyncio.run(crowd()).body == str((3, DAY)).encode()


def test_when_the_first_visitor_leaves_the_others_make_the_page_themselves() -> None:
    begun = asyncio.Event()
    calls = 0

    async def maker(asked_for: Scope, receive: Receive, send: Send) -> None:
        nonlocal calls
        calls += 1
        if calls == 2:
            begun.set()
            await asyncio.Event().wait()
        await saying(b"page", headers=MARKED)(asked_for, receive, send)

    freshness = Told()
    shop = kept(maker, freshness)

    async def leaving() -> Answer:
        await ask(shop, scope("/"))
        freshness.now = (2, DAY)
        first = asyncio.create_task(ask(shop, scope("/")))
        await begun.wait()
        second = asyncio.create_task(ask(shop, scope("/")))
        await asyncio.sleep(0)
        first.cancel()
        return await second

    assert asyncio.run(leaving()).body == b"page"
    assert calls == 3


def test_a_page_that_breaks_off_is_not_kept() -> None:
    async def maker(_scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(name.encode(), value.encode()) for name, value in MARKED.items()]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        half: Message = {"type": "http.response.body", "body": b"ha", "more_body": True}
        await send(half)

    shop = kept(maker)
    assert asked(shop, scope("/")).messages == []
    assert len(shop.pages) == 0


@pytest.mark.parametrize(
    ("headers", "language"),
    [
        ({"accept_language": "de-AT,de;q=0.8"}, "de"),
        ({"accept_language": "de", "cookie": "django_language=fr"}, "fr"),
        ({"accept_language": "tlh"}, "en"),
        ({}, "en"),
    ],
)
def test_the_language_is_the_one_django_would_choose(
    headers: dict[str, str], language: str
) -> None:
    with override_settings(MIDDLEWARE=[LOCALE_MIDDLEWARE]):
        assert language_of(scope("/", **headers)) == language
    assert language_of(scope("/", **headers)) == ""
