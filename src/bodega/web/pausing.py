"""The gate in front of the shop's pages: while the shop is paused, requests wait instead of failing.

`bodega pause` closes it for every process of the volume (`bodega.databases.pause`). A request waits for
as long as a visitor's browser would find reasonable; then it is told when to come back. Files, live
streams and health are outside of it.
"""

import asyncio
import time
from pathlib import Path

from bodega.databases.pause import Watch
from bodega.web.bridge import Receive, Scope, Send, refuse
from bodega.web.kept import Application

LOOK_SECONDS = 0.05
MOST_HELD = 500  # requests that wait here; the next one is told to come back at once


class Gate:
    """An ASGI application in front of another one. `held`: how many requests wait."""

    def __init__(self, inner: Application, directory: Path, patience: float) -> None:
        """`patience`: seconds for which a request is held."""
        self._inner = inner
        self._watch = Watch(directory)
        self._patience = patience
        self._is_draining = False
        self.held = 0
        self.busy = 0  # requests that are inside

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._watch.pause() is not None and not await self._hold():
            await self._send_away(send)
            return
        self.busy += 1
        try:
            await self._inner(scope, receive, send)
        finally:
            self.busy -= 1

    def drain(self) -> None:
        """The process is about to end: who waits is told to come back, to the next one."""
        self._is_draining = True

    async def _hold(self) -> bool:
        """Wait until the pause is over; False when that takes too long."""
        if self.held >= MOST_HELD:
            return False
        self.held += 1
        end = time.monotonic() + self._patience
        try:
            while self._watch.pause() is not None:
                if self._is_draining or time.monotonic() > end:
                    return False
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            self.held -= 1
        return True

    async def _send_away(self, send: Send) -> None:
        pause = self._watch.pause()
        left = pause.until - time.time() if pause and not self._is_draining else 1
        retry = str(max(1, min(60, round(left)))).encode()
        sentence = "The shop pauses for a moment. Please try again soon.\n"
        await refuse(
            send, 503, sentence, [(b"retry-after", retry), (b"cache-control", b"no-store")]
        )
