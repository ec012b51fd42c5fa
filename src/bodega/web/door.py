"""The door: everything that comes over HTTP comes in here.

In this order: kept pages (`kept`), live streams (`bodega.cable.stream`), files (`files`), health
(`health`), Django (`bridge`). What the event loop can answer by itself never waits for a thread.
"""

import asyncio
import gc
import logging
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import urlsplit
from wsgiref.types import WSGIApplication

from django.conf import settings
from django.urls import get_resolver

from bodega.cable import stream
from bodega.databases import library, watchdog
from bodega.databases.layout import FILES, Role
from bodega.databases.library import UnsafeLibrary
from bodega.databases.opening import PragmaIgnored, open_file
from bodega.databases.volume import VolumeError, read_identity
from bodega.web.bridge import Bridge, Receive, Scope, Send
from bodega.web.files import media_files, static_files
from bodega.web.freshness import Freshness
from bodega.web.health import Health
from bodega.web.kept import Application, KeptPages
from bodega.web.pages import Pages
from bodega.web.pausing import Gate
from bodega.web.proxies import Proxies
from bodega.web.tracing import traced
from bodega.web.volume import Ready, Volume

log = logging.getLogger(__name__)

UNAVAILABLE = 503
DOOR_THREADS = 2  # read files and compress pages
IMPATIENT_MILLISECONDS = 100  # the event loop must not wait five seconds for a lock


class Door:
    """The ASGI application of the shop.

    `in_flight`: requests and streams that are being answered, `served`: those that were.
    """

    def __init__(self, django: WSGIApplication) -> None:
        self._django = django
        self._anchors: dict[Role, sqlite3.Connection] = {}
        self._bridge: Bridge | None = None
        self._answer: Application | None = None
        self.kept: KeptPages | None = None
        self._gate: Gate | None = None
        self.in_flight = self.served = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._answer is not None:
            self.in_flight += 1
            try:
                with traced(scope, send) as named:
                    await self._answer(scope, receive, named)
            finally:
                self.in_flight -= 1
                self.served += 1
        elif scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.close", "code": 1003})
        else:
            raise RuntimeError("the server sent a request before the door was opened")

    def drain(self) -> None:
        """The process is about to stop: tell the streams to reconnect, elsewhere."""
        stream.drain()
        if self._gate is not None:
            self._gate.drain()

    def told(self) -> dict[str, int]:
        """How busy it is, for who watches: requests in the shop's pages, held before them, answered."""
        busy, held = (self._gate.busy, self._gate.held) if self._gate else (0, 0)
        return {"served": self.served, "busy": busy, "held": held}

    async def warm_up(self, *, is_again: bool = False) -> None:
        """Answer the first page once, for nobody: imports, templates, connections.

        Raises RuntimeError when that fails: then nobody should be let in. `is_again`: but visitors wait
        already, and a 503 that says what is wrong with the disk is better for them than nobody at all.
        """
        assert self.kept is not None
        statuses: list[int] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            statuses.append(message.get("status", 0))

        await self.kept(first_page(), receive, send)
        if statuses[0] >= 500 and not (is_again and statuses[0] == UNAVAILABLE):
            raise RuntimeError(f"the first page answers {statuses[0]}, so nobody is let in")

    async def _live(self, receive: Receive, send: Send) -> None:
        """The lifespan protocol: open before the first request, close after the last."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                try:
                    self._open()
                except (VolumeError, UnsafeLibrary, PragmaIgnored, sqlite3.Error) as error:
                    await send({"type": "lifespan.startup.failed", "message": str(error)})
                    return
                await send({"type": "lifespan.startup.complete"})
            else:
                await self._close()
                await send({"type": "lifespan.shutdown.complete"})
                return

    def _open(self) -> None:
        """Open the volume's files and put the pieces together. Raises what `_live` catches."""
        read_identity(settings.VOLUME)
        library.refuse_second()  # now, with everything imported that serves
        watchdog.start()
        # One connection to each file for the life of the process: pragmas are checked before the
        # first visitor, and no `-wal` is ever removed by a last close (design 3.2, rule 3).
        self._anchors = {role: open_file(role, settings.VOLUME) for role in FILES}
        reader = self._anchors["primary"]
        reader.execute(f"PRAGMA busy_timeout = {IMPATIENT_MILLISECONDS}")
        loop = asyncio.get_running_loop()
        loop.set_default_executor(ThreadPoolExecutor(DOOR_THREADS, "door"))
        self._bridge = Bridge(
            self._django,
            threads=settings.WEB_THREADS,
            body_limit=settings.MOST_UPLOAD_BYTES,
            proxies=Proxies(settings.PROXIES),
        )
        health = Health(reader, settings.VOLUME, settings.RELEASE)
        generation = os.environ.get("BODEGA_GENERATION", "")
        volume = Volume(settings.VOLUME, settings.RELEASE, generation)
        routes: dict[str, Application] = {
            "up": health,
            "ready": Ready(health, volume),
            "-": volume,
            "live": stream.app,
            "static": static_files(settings.STATIC_ROOT),
            "media": media_files(settings.MEDIA_ROOT),
        }
        pages = Pages(settings.PAGE_CACHE_BYTES)
        self.kept = KeptPages(self._bridge, pages, Freshness(reader))
        self._gate = Gate(self.kept, settings.VOLUME, settings.HOLD_SECONDS)
        self._answer = route(routes, self._gate)
        get_resolver().url_patterns  # noqa: B018 - imports every view now, not at the first visitor
        # What is imported stays: without this the collector walks through it again and again, and
        # every walk stops the event loop for tens of milliseconds.
        gc.collect()
        gc.freeze()

    async def _close(self) -> None:
        if self._bridge is not None:
            await asyncio.to_thread(self._bridge.close)
        for anchor in self._anchors.values():
            anchor.close()
        self._answer = None


def route(rooms: dict[str, Application], otherwise: Application) -> Application:
    """An application that chooses by the first part of the path: "up" is for /up and /up/…"""

    async def choose(scope: Scope, receive: Receive, send: Send) -> None:
        first = scope["path"][1:].partition("/")[0]
        await rooms.get(first, otherwise)(scope, receive, send)

    return choose


def first_page() -> Scope:
    """A request for `/` as a browser would send it to the public address."""
    public = urlsplit(settings.PUBLIC_URL)
    return {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": public.scheme,
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "root_path": "",
        "headers": [
            (b"host", public.netloc.encode()),
            (b"x-forwarded-proto", public.scheme.encode()),
        ],
        "client": ("127.0.0.1", 0),
        "server": ("127.0.0.1", 0),
    }
