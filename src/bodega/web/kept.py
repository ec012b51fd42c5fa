"""Serving kept pages, and keeping those that Django makes: the first thing behind the door.

A page is kept under the version that was current before Django began to make it. Requests for a page
that is just being made wait for it instead of making it again.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from http.cookies import SimpleCookie

from django.conf import settings
from django.utils.translation import get_supported_language_variant
from django.utils.translation.trans_real import parse_accept_lang_header

from bodega.lib.pages import MARK
from bodega.web.bridge import Headers, Message, Receive, Scope, Send
from bodega.web.freshness import Freshness, Version
from bodega.web.pages import Key, Page, Pages, Variant, is_unchanged, preferred_coding

log = logging.getLogger(__name__)

Application = Callable[[Scope, Receive, Send], Awaitable[None]]

MARK_NAME = MARK.lower().encode()
PER_VARIANT = frozenset({b"etag", b"vary", b"cache-control", b"content-length", MARK_NAME})
LOCALE_MIDDLEWARE = "django.middleware.locale.LocaleMiddleware"
NOTHING: Message = {"type": "http.response.body", "body": b""}


@dataclass
class Recorder:
    """Stands in for `send`: holds back a page that may be kept, lets everything else through."""

    send: Send
    holds: bool = True
    headers: Headers | None = None
    parameters: tuple[str, ...] = ()
    blocks: list[bytes] = field(default_factory=list)
    is_whole: bool = False

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = message["headers"]
            if self.holds and self._may_keep(headers):
                self.headers = [pair for pair in headers if pair[0] not in PER_VARIANT]
                return
            headers = [pair for pair in headers if pair[0] != MARK_NAME]
            await self.send({**message, "headers": headers})
        elif self.headers is None:
            await self.send(message)
        else:
            self.blocks.append(message.get("body", b""))
            self.is_whole = not message.get("more_body", False)

    def page(self) -> Page | None:
        """The page that was held back; None when there was none, or it broke off."""
        if self.headers is None or not self.is_whole:
            return None
        return Page(self.headers, b"".join(self.blocks))

    def _may_keep(self, headers: Headers) -> bool:
        found = dict(headers)
        mark = found.get(MARK_NAME)
        if mark is None:
            return False
        if b"set-cookie" in found or b"cookie" in found.get(b"vary", b"").lower():
            log.error("a page that claims to be the same for everybody has to do with cookies")
            return False
        self.parameters = tuple(filter(None, mark.decode().split(",")))
        return True


class KeptPages:
    """An ASGI application in front of another one, which makes the pages."""

    def __init__(self, maker: Application, pages: Pages, freshness: Freshness) -> None:
        self.pages = pages
        self._maker = maker
        self._freshness = freshness
        self._making: dict[tuple[Key, Version], asyncio.Future[Page | None]] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        may_keep = self.pages.limit and scope["method"] in {"GET", "HEAD"}
        version = self._freshness.version() if may_keep else None
        if version is None:
            await self._maker(scope, receive, Recorder(send, holds=False))
            return
        self.pages.turn(version)
        key = self.pages.key(*address(scope))
        page = None
        if key is not None:
            page = self.pages.find(key) or await self._wait_for(key, version)
        if page is None:
            page = await self._make(scope, receive, send, version)
        if page is not None:
            await self._send(page, scope, send)

    async def _wait_for(self, key: Key, version: Version) -> Page | None:
        """The page that somebody is making right now, from the same state of the shop."""
        made = self._making.get((key, version))
        if made is None:
            return None
        await asyncio.wait([made])  # not awaited itself: our end must not cancel it for others
        return made.result()

    async def _make(
        self, scope: Scope, receive: Receive, send: Send, version: Version
    ) -> Page | None:
        """Let the page be made, and keep it if it may be; None when it has been sent already."""
        recorder = Recorder(send, holds=scope["method"] == "GET")
        key = self.pages.key(*address(scope))
        promise = self._promise(key, version) if key and recorder.holds else None
        try:
            await self._maker(scope, receive, recorder)
        finally:
            page = recorder.page()
            if promise is not None and key is not None:
                del self._making[key, version]
                promise.set_result(page)
        if page is not None:
            self.pages.learn(scope["path"], recorder.parameters)
            key = self.pages.key(*address(scope))
            assert key is not None
            self.pages.keep(key, page, version)
        return page

    def _promise(self, key: Key, version: Version) -> "asyncio.Future[Page | None] | None":
        if (key, version) in self._making:
            return None
        made = asyncio.get_running_loop().create_future()
        self._making[key, version] = made
        return made

    async def _send(self, page: Page, scope: Scope, send: Send) -> None:
        accepted = known = b""
        for name, value in scope["headers"]:
            if name == b"accept-encoding":
                accepted = value
            elif name == b"if-none-match":
                known = value
        coding = preferred_coding(accepted)
        variant = page.variants.get(coding)
        if variant is None:
            variant = await self._encode(page, coding, scope)
        if known and is_unchanged(known, variant.etag):
            await send(variant.not_modified)
            await send(NOTHING)
        else:
            await send(variant.start)
            await send(variant.body if scope["method"] == "GET" else NOTHING)

    async def _encode(self, page: Page, coding: bytes, scope: Scope) -> Variant:
        if coding:  # compressing lets the other threads run
            loop = asyncio.get_running_loop()
            variant = await loop.run_in_executor(None, page.encode, coding)
        else:
            variant = page.encode(coding)
        key = self.pages.key(*address(scope))
        if key is not None:
            self.pages.add_variant(key, page, coding, variant)
        return variant


def address(scope: Scope) -> tuple[str, bytes, str]:
    """What a page may depend on: path, query and language."""
    return scope["path"], scope["query_string"], language_of(scope)


def language_of(scope: Scope) -> str:
    """The language Django will choose for this request; one and the same without LocaleMiddleware."""
    if LOCALE_MIDDLEWARE not in settings.MIDDLEWARE:
        return ""
    found = {name: value.decode("latin-1") for name, value in scope["headers"]}
    cookie = SimpleCookie(found.get(b"cookie", "")).get(settings.LANGUAGE_COOKIE_NAME)
    wanted = [cookie.value] if cookie else []
    wanted += [code for code, _ in parse_accept_lang_header(found.get(b"accept-language", ""))]
    for code in wanted:
        try:
            return get_supported_language_variant(code)
        except LookupError:
            continue
    return settings.LANGUAGE_CODE
