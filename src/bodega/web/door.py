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
from bodega.web.proxies import Proxies
from bodega.web.volume import Ready, Volume

log = logging.getLogger(__name__)

DOOR_THREADS = 2  # read files and compress pages
IMPATIENT_MILLISECONDS = 100  # the event loop must not wait five seconds for a lock


class Door:
    """The ASGI application of the shop. `in_flight` is the number of requests being answered."""

    def __init__(self, django: WSGIApplication) -> None:
        self._django = django
        self._anchors: dict[Role, sqlite3.Connection] = {}
        self._bridge: Bridge | None = None
        self._answer: Application | None = None
        self.kept: KeptPages | None = None
        self.in_flight = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and self._answer is not None:
            self.in_flight += 1
            try:
                await self._answer(scope, receive, send)
            finally:
                self.in_flight -= 1
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
        self._answer = route(routes, self.kept)
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
