"""The page cache: exact, never stale, in memory, in front of Django (design 4.6).

All pages here are of one version of the shop: the one that was current *before* the oldest of them was
made. As soon as the version moves (`bodega.web.freshness`) they are all forgotten. No time to live, no
invalidation messages. Which pages may be kept says their view (`bodega.lib.pages`).

Bounded in bytes. A page comes in on probation and moves to the protected three quarters when it is
asked for again: a flood of made-up addresses pushes out only other newcomers.
"""

import gzip
import hashlib
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

import brotli

from bodega.lib.pages import canonical_query
from bodega.web.freshness import Version

Headers = list[tuple[bytes, bytes]]
Message = dict[str, Any]
Key = tuple[str, str, str]  # path, canonical query, language

PROTECTED_SHARE = 0.75
OVERHEAD_BYTES = 2_000  # the Python objects around a page, counted generously
MOST_PATHS = 10_000  # of which we remember what parameters count
BROTLI_QUALITY = 5  # 0.3 ms for 20 KB; 11 takes a hundred times as long for a tenth less
GZIP_LEVEL = 6


@dataclass(slots=True)
class Variant:
    """A page in one content coding, ready to be sent."""

    start: Message
    body: Message
    etag: bytes
    not_modified: Message


@dataclass(slots=True)
class Page:
    """A page as Django made it, and the codings that somebody has asked for."""

    headers: Headers
    content: bytes
    variants: dict[bytes, Variant] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """Bytes it occupies, about."""
        coded = sum(len(each.body["body"]) for name, each in self.variants.items() if name)
        return OVERHEAD_BYTES + len(self.content) + coded

    def encode(self, coding: bytes) -> Variant:
        """Make the variant of a content coding (b"br", b"gzip", b"" for none): a millisecond."""
        body = self.content
        if coding == b"br":
            body = brotli.compress(body, quality=BROTLI_QUALITY)
        elif coding == b"gzip":
            body = gzip.compress(body, GZIP_LEVEL, mtime=0)
        # Strong: a tag names these very bytes, so every coding has its own (RFC 9110, 8.8.3.3).
        etag = b'"%s"' % hashlib.blake2b(body, digest_size=12).hexdigest().encode()
        about: Headers = [
            (b"etag", etag),
            (b"vary", b"accept-encoding"),
            (b"cache-control", b"no-cache"),  # keep it, but ask us each time: 304 costs nothing
        ]
        coded: Headers = [(b"content-encoding", coding)] if coding else []
        length = (b"content-length", str(len(body)).encode())
        return Variant(
            start=_start(200, [*self.headers, *about, *coded, length]),
            body={"type": "http.response.body", "body": body},
            etag=etag,
            not_modified=_start(304, about),
        )


def _start(status: int, headers: Headers) -> Message:
    return {"type": "http.response.start", "status": status, "headers": headers}


class Pages:
    """The pages one process keeps. For one thread: the event loop's."""

    def __init__(self, limit: int) -> None:
        """`limit`: bytes of all pages together; 0 keeps none."""
        self.limit = limit
        self.size = 0
        self.version: Version | None = None
        self._protected_size = 0
        self._protected: OrderedDict[Key, Page] = OrderedDict()
        self._probation: OrderedDict[Key, Page] = OrderedDict()
        self._parameters: OrderedDict[str, tuple[str, ...]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._protected) + len(self._probation)

    def turn(self, version: Version) -> None:
        """Forget every page when the shop is not what it was."""
        if version != self.version:
            self._protected.clear()
            self._probation.clear()
            self.size = self._protected_size = 0
            self.version = version

    def key(self, path: str, query: bytes, language: str) -> Key | None:
        """What the page of an address is kept under; None for a path that never had such a page."""
        parameters = self._parameters.get(path)
        if parameters is None:
            return None
        return path, canonical_query(query, parameters), language

    def learn(self, path: str, parameters: tuple[str, ...]) -> None:
        """Remember which query parameters count for the page at `path`."""
        self._parameters[path] = parameters
        self._parameters.move_to_end(path)
        if len(self._parameters) > MOST_PATHS:
            self._parameters.popitem(last=False)

    def find(self, key: Key) -> Page | None:
        """The page kept under `key`."""
        page = self._protected.get(key)
        if page is not None:
            self._protected.move_to_end(key)
            return page
        page = self._probation.pop(key, None)
        if page is not None:
            self._protect(key, page)
        return page

    def keep(self, key: Key, page: Page, version: Version) -> None:
        """Keep a page that was made when `version` was current; an outdated or huge one is not."""
        if version != self.version or page.size > self.limit // 4:
            return
        self._drop(key)
        self._probation[key] = page
        self.size += page.size
        self._shrink()

    def add_variant(self, key: Key, page: Page, coding: bytes, variant: Variant) -> None:
        """Give a page the variant of a coding, and count its bytes if the page is kept."""
        before = page.size
        page.variants[coding] = variant
        grown = page.size - before
        if self._protected.get(key) is page:
            self._protected_size += grown
        elif self._probation.get(key) is not page:
            return
        self.size += grown
        self._shrink()

    def _protect(self, key: Key, page: Page) -> None:
        self._protected[key] = page
        self._protected_size += page.size
        while self._protected_size > self.limit * PROTECTED_SHARE and len(self._protected) > 1:
            oldest, demoted = self._protected.popitem(last=False)
            self._protected_size -= demoted.size
            self._probation[oldest] = demoted

    def _shrink(self) -> None:
        while self.size > self.limit:
            self._drop(next(iter(self._probation or self._protected)))

    def _drop(self, key: Key) -> None:
        page = self._protected.pop(key, None)
        if page is not None:
            self._protected_size -= page.size
        else:
            page = self._probation.pop(key, None)
        if page is not None:
            self.size -= page.size


def preferred_coding(accepted: bytes) -> bytes:
    """The best content coding an Accept-Encoding header allows: b"br", b"gzip" or b"" for none.

    `q=0` refuses a coding; finer preferences are not followed, browsers send none.
    """
    if accepted in _COMMON:
        return _COMMON[accepted]
    allowed = set()
    for part in accepted.lower().split(b","):
        coding, _, quality = part.partition(b";")
        if quality.replace(b" ", b"").rstrip(b"0.") != b"q=":
            allowed.add(coding.strip())
    return b"br" if b"br" in allowed else b"gzip" if b"gzip" in allowed else b""


_COMMON = {b"": b"", b"gzip, deflate, br, zstd": b"br", b"gzip, deflate, br": b"br"}


def is_unchanged(if_none_match: bytes, etag: bytes) -> bool:
    """Whether the client has this very page already (RFC 9110, 13.1.2: weak comparison)."""
    if if_none_match == etag:
        return True
    tags = (tag.strip().removeprefix(b"W/") for tag in if_none_match.split(b","))
    return any(tag in {etag, b"*"} for tag in tags)
