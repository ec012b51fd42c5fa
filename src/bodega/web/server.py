"""The HTTP server: gunicorn's ASGI worker, run as the process itself.

gunicorn's arbiter is left out: `bodega up` holds the socket, starts, watches and restarts us, and an
arbiter would be one more process of 25 MB that does the same.
"""

import asyncio
import os
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.sock import create_sockets
from gunicorn.workers.gasgi import ASGIWorker

import bodega.databases  # noqa: F401 - before anything that imports sqlite3
from bodega.web.door import Door

KEEP_ALIVE_SECONDS = 15
# Draining: an idle kept-alive connection may still bring a request, which is answered with
# "Connection: close"; after this long it is taken for silent.
LINGER_SECONDS = 2.0
# In all, while requests are in flight. Docker's SIGKILL comes 10 s after its SIGTERM.
GRACE_SECONDS = 8.0

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


class Worker(ASGIWorker):  # type: ignore[misc]  # gunicorn has no types
    """The ASGI worker, which also drains: streams end at once, idle connections do not hold us up."""

    _serving: "asyncio.Task[None] | None" = None

    def handle_exit_signal(self) -> None:
        """SIGTERM: stop accepting; the application hears of it now, not when everybody has left."""
        is_first = self.alive
        super().handle_exit_signal()
        self.asgi.drain()
        if is_first and self.servers and self._serving is not None:
            self._serving.cancel()  # out of the second-long sleep between two heartbeats

    async def _serve(self) -> None:
        self._serving = asyncio.current_task()
        await super()._serve()

    async def _shutdown(self) -> None:
        for server in self.servers:
            server.close()
        begun = self.loop.time()
        while self.loop.time() < begun + GRACE_SECONDS:
            is_lingering = self.nr_conns and self.loop.time() < begun + LINGER_SECONDS
            if self._quick_shutdown or not (self.asgi.in_flight or is_lingering):
                break
            await asyncio.sleep(0.02)
        if self.lifespan:
            await self.lifespan.shutdown()


def serve(descriptor: int, application: Server | None = None) -> int:
    """Serve on a listening socket until SIGTERM. Returns the exit code."""
    application = application or Server()
    log: Any = application.cfg.logger_class(application.cfg)
    application.cfg.set("bind", f"fd://{descriptor}")
    listeners = create_sockets(application.cfg, log)
    worker = Worker(0, os.getppid(), listeners, application, None, application.cfg, log)
    worker.pid = os.getpid()
    worker.init_process()
    return 0
