"""The HTTP server: gunicorn's ASGI worker, run as the process itself.

gunicorn's arbiter is left out: `bodega up` holds the socket, starts, watches and restarts us, and an
arbiter would be one more process of 25 MB that does the same.
"""

import asyncio
import contextlib
import functools
import os
from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.asgi.lifespan import LifespanManager
from gunicorn.asgi.protocol import ASGIProtocol
from gunicorn.sock import create_sockets
from gunicorn.workers.gasgi import ASGIWorker

import bodega.databases  # noqa: F401 - before anything that imports sqlite3
from bodega.lib.sockets import BACKLOG
from bodega.lib.wire import Talk
from bodega.web.door import Door

KEEP_ALIVE_SECONDS = 15
# Draining: an idle kept-alive connection may still bring a request, which is answered with
# "Connection: close"; after this long it is taken for silent.
LINGER_SECONDS = 2.0
# In all, while requests are in flight. Docker's SIGKILL comes 10 s after its SIGTERM.
GRACE_SECONDS = float(os.environ.get("BODEGA_DRAIN_SECONDS", "8"))
ACCEPTED_SECONDS = 0.05  # what the kernel has handed to us already becomes a connection meanwhile
BEAT_SECONDS = 1.0
STREAMS = "/live/"

SETTINGS = {
    "worker_class": "asgi",
    "asgi_lifespan": "on",
    "keepalive": KEEP_ALIVE_SECONDS,
    "graceful_timeout": int(GRACE_SECONDS),
    "timeout": 30,  # seconds a client may be silent in the middle of a request's body
    "limit_request_line": 8190,
    "limit_request_fields": 100,
    "limit_request_field_size": 8190,
    "loglevel": "warning",
}


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's view of the shop: settings and where the application is."""

    def load_config(self) -> None:
        for name, value in SETTINGS.items():
            self.cfg.set(name, value)
        self.cfg.set("forwarded_allow_ips", os.environ.get("BODEGA_PROXIES", "127.0.0.1"))
        if os.environ.get("BODEGA_ACCESS_LOG"):
            self.cfg.set("accesslog", "-")

    def load(self) -> Door:
        from bodega.web.asgi import application

        return application


class Protocol(ASGIProtocol):  # type: ignore[misc]  # gunicorn has no types
    """A connection that is closed by us only after an answer that has said so ("Connection: close").

    gunicorn's own also closes behind an answer that was under way when SIGTERM came, and had promised to
    keep the connection: the client's next request met a closed door (3 of 11,000 requests over 8 deploys
    on a loaded machine). So a draining worker stays `alive` in gunicorn's sense, and we decide here.
    """

    _decided: "tuple[Any, bool] | None" = None

    def _will_close(self, request: Any, response_requires_close: bool) -> bool:
        """Asked when an answer begins, and perhaps again when it ends: the first decision counts."""
        if self._decided is None or self._decided[0] is not request:
            # A stream's connection is not used again: it may be ended at any moment.
            is_last = self.worker.is_draining or request.path.startswith(STREAMS)
            closes = is_last or super()._will_close(request, response_requires_close)
            self._decided = (request, closes)
        return self._decided[1]


class CannotServe(SystemExit):
    """The application did not come up; what it said is in the log. Exit code 1."""


class Worker(ASGIWorker):  # type: ignore[misc]  # gunicorn has no types
    """The ASGI worker, in three steps: come up, wait until told to open, drain.

    With a wire nobody is let in before "open" was heard: a release that cannot answer its own first page
    never sees a visitor. Draining ends streams at once, and idle connections do not hold us up.
    """

    wire: Talk | None = None
    is_again = False
    is_draining = False
    on_drain: Callable[[], None] = staticmethod(lambda: None)
    _serving: "asyncio.Task[None] | None" = None

    def handle_exit_signal(self) -> None:
        """SIGTERM: stop accepting; the application hears of it now, not when everybody has left."""
        is_first = not self.is_draining
        self.is_draining = True
        self.asgi.drain()
        if is_first:
            self.on_drain()
        if is_first and self._serving is not None:
            self._serving.cancel()  # out of the second-long sleep between two heartbeats

    async def _serve(self) -> None:
        self.lifespan = LifespanManager(self.asgi, self.log, self.state)
        try:
            await self.lifespan.startup()
            await self.asgi.warm_up(is_again=self.is_again)
        except RuntimeError as error:
            self.log.error("%s", error)
            if self.wire is not None:
                self.wire.tell(why=str(error))
            raise CannotServe(1) from error
        self._serving = asyncio.current_task()
        try:
            if not self.is_draining:
                await self._wait_for_the_word()
                await self._open()
            while self.alive and not self.is_draining:
                self._beat()
                await asyncio.sleep(BEAT_SECONDS)
        except asyncio.CancelledError:
            pass  # handle_exit_signal: on to the drain
        self._serving = None
        await self._shutdown()

    async def _wait_for_the_word(self) -> None:
        if self.wire is None:
            return
        opened = asyncio.Event()
        self.loop.add_reader(self.wire.fileno(), self._listen, opened)
        self.wire.tell(step="ready")
        while not opened.is_set():
            self._beat()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(opened.wait(), BEAT_SECONDS)

    def _listen(self, opened: asyncio.Event) -> None:
        assert self.wire is not None
        if any(word.get("do") == "open" for word in self.wire.heard()):
            opened.set()
        if not self.wire.is_open:
            self.loop.remove_reader(self.wire.fileno())
            self.handle_exit_signal()  # nobody watches us any more

    async def _open(self) -> None:
        for listener in self.sockets:
            protocol = functools.partial(Protocol, self)
            # asyncio takes so many connections at once: one, or a process that is busy has them before
            # its idle neighbour wakes up. It also tells the kernel to let no more than that wait.
            server = await self.loop.create_server(protocol, sock=listener.sock, backlog=1)
            listener.sock.listen(BACKLOG)
            self.servers.append(server)
        if self.wire is not None:
            self.wire.tell(step="open")

    def _beat(self) -> None:
        if self.wire is not None:
            self.wire.tell(**self.asgi.told())

    async def _shutdown(self) -> None:
        for server in self.servers:
            server.close()
        begun = self.loop.time()
        await asyncio.sleep(ACCEPTED_SECONDS)
        while self.loop.time() < begun + GRACE_SECONDS:
            is_lingering = self.nr_conns and self.loop.time() < begun + LINGER_SECONDS
            if self._quick_shutdown or not (self.asgi.in_flight or is_lingering):
                break
            await asyncio.sleep(0.02)
        self.alive = False
        if self.lifespan:
            await self.lifespan.shutdown()
        self._beat()


def serve(
    descriptor: int,
    application: Server | None = None,
    wire: Talk | None = None,
    on_drain: Callable[[], None] | None = None,
    *,
    is_again: bool = False,
) -> int:
    """Serve on a listening socket until SIGTERM. Returns the exit code.

    `wire`: to whoever started us; `on_drain` is called when told to stop; `is_again`: in the place of a
    process that died, so visitors wait already.
    """
    application = application or Server()
    log: Any = application.cfg.logger_class(application.cfg)
    application.cfg.set("bind", f"fd://{descriptor}")
    listeners = create_sockets(application.cfg, log)
    worker = Worker(0, os.getppid(), listeners, application, None, application.cfg, log)
    worker.pid = os.getpid()
    worker.wire = wire
    worker.is_again = is_again
    if on_drain is not None:
        worker.on_drain = on_drain
    worker.init_process()
    return 0
