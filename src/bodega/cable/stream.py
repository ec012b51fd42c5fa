"""`GET /live/?channel=<token>`: the ASGI application of live updates, as server-sent events.

Several `channel` parameters may be given. `Last-Event-ID` (or `last_event_id`, for a page that knows the
position it was rendered at) replays what was missed; the event `resync` says that this is not possible
and the page should be read again. A stream ends after some minutes and the browser comes back by itself.
When the process is to stop, `drain()` ends all of them at once: gunicorn waits for open answers *before*
it runs the lifespan's shutdown, so the server's SIGTERM handler has to call it.
"""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

from bodega.cable import frames
from bodega.cable.hub import Hub, Pace
from bodega.cable.messages import messages_in
from bodega.cable.subscriber import Subscriber
from bodega.cable.tokens import Forged, unsign

Scope = MutableMapping[str, Any]
Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]

LIFE_SECONDS = 300.0
GRACE_SECONDS = 5.0  # for the last words to a reader that does not read
MOST_CHANNELS = 20  # of one stream
MOST_STREAMS = 5_000  # of one process

HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would collect the events otherwise
]


class Refused(Exception):
    """A request that gets no stream: status, and a sentence why."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status


@dataclass(frozen=True)
class Wish:
    """What a request asks for."""

    channels: list[str]
    position: int | None


class Stream:
    """The application, with the hub of its process. One per process is enough: `app`."""

    def __init__(self, pace: Pace | None = None, life: float = LIFE_SECONDS) -> None:
        """`life`: seconds after which a browser has to come back (a tenth more or less)."""
        self._pace = pace
        self._life = life
        self._hub: Hub | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._is_draining = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            wish = _wish(scope)
        except Refused as refusal:
            await _refuse(send, refusal)
            return
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        hub = self._hub_of_this_loop()
        if self._is_draining or len(hub) >= MOST_STREAMS:
            await _finish(send, _soon() if self._is_draining else frames.retry(30_000))
            return
        await _send_piece(send, frames.retry(_jitter(500, 2_500)))
        subscriber = hub.join(wish.channels, wish.position)
        try:
            await self._serve(subscriber, receive, send)
        finally:
            hub.leave(subscriber)

    def drain(self) -> None:
        """End every stream now and take no new ones; browsers reconnect at once, to who listens then.

        May be called from a signal handler and from any thread.
        """
        self._is_draining = True
        if self._hub is not None and self._loop is not None and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._hub.end_all, _soon)

    def _hub_of_this_loop(self) -> Hub:
        loop = asyncio.get_running_loop()
        if self._hub is None or self._loop is not loop:
            self._hub, self._loop = Hub(messages_in(), self._pace), loop
        return self._hub

    async def _serve(self, subscriber: Subscriber, receive: Receive, send: Send) -> None:
        loop = asyncio.get_running_loop()
        pump = loop.create_task(_pump(subscriber, send))
        gone = loop.create_task(_until_gone(receive))
        life = self._life * _jitter(900, 1_100) / 1_000
        timers = [loop.call_later(life, lambda: subscriber.end(_soon()))]
        subscriber.on_end = lambda: timers.append(loop.call_later(GRACE_SECONDS, pump.cancel))
        try:
            await asyncio.wait({pump, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for timer in timers:
                timer.cancel()
            gone.cancel()
            pump.cancel()
            await asyncio.gather(pump, gone, return_exceptions=True)
        if not pump.cancelled() and (error := pump.exception()) is not None:
            raise error


app = Stream()


def drain() -> None:
    """End every stream of this process now: see `Stream.drain`."""
    app.drain()


def _wish(scope: Scope) -> Wish:
    if scope["method"] != "GET":
        raise Refused(405, "Live updates are read with GET.")
    try:
        query = parse_qs(scope["query_string"].decode("ascii"), max_num_fields=2 * MOST_CHANNELS)
    except ValueError:
        raise Refused(400, "The address is malformed.") from None
    tokens = list(dict.fromkeys(query.get("channel", [])))
    if not 1 <= len(tokens) <= MOST_CHANNELS:
        raise Refused(400, f"One to {MOST_CHANNELS} channel parameters are needed.")
    try:
        channels = [unsign(token) for token in tokens]
    except Forged:
        raise Refused(
            403, "A channel's token is not valid any more. Load the page again."
        ) from None
    named = next((v for k, v in scope["headers"] if k == b"last-event-id"), b"").decode("latin-1")
    return Wish(channels, _position(named or query.get("last_event_id", [""])[0]))


def _position(text: str) -> int | None:
    if not text:
        return None
    # -1 is older than everything: who comes back with something we never said has to resync.
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else -1


async def _pump(subscriber: Subscriber, send: Send) -> None:
    try:
        while not subscriber.has_ended:
            await _send_piece(send, await subscriber.next())
        await _finish(send, await subscriber.next())
    except OSError:
        return  # the browser is gone: https://asgi.readthedocs.io, HTTP 2.4, "Disconnected client"


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _refuse(send: Send, refusal: Refused) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"cache-control", b"no-store")]
    if refusal.status == 405:
        headers.append((b"allow", b"GET"))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    await _finish(send, f"{refusal}\n".encode())


async def _send_piece(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _finish(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _soon() -> bytes:
    """Come back at once, but not all in the same millisecond."""
    return frames.retry(_jitter(20, 300))


def _jitter(least: int, most: int) -> int:
    return least + secrets.randbelow(most - least)
