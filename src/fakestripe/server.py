"""Serves the application with gunicorn's ASGI worker: one worker, so one bank."""

import asyncio
import socket
from collections.abc import Callable
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.workers.gasgi import ASGIWorker

from fakestripe.app import make_app
from fakestripe.bank import Bank, Settings
from fakestripe.store import Store


class Worker(ASGIWorker):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's worker looks once a second whether it shall stop; this one stops at once."""

    serving: "asyncio.Task[Any] | None" = None

    async def _serve(self) -> None:
        self.serving = asyncio.current_task()
        await super()._serve()

    def handle_exit_signal(self) -> None:
        self.stop(super().handle_exit_signal)

    def handle_quit_signal(self) -> None:
        self.stop(super().handle_quit_signal)

    def stop(self, tell: Callable[[], None]) -> None:
        """Cancels the sleep between two looks, which the worker takes for the end of its wait."""
        sleeping = self.alive and self.servers
        tell()
        if sleeping and self.serving is not None:
            self.serving.cancel()


class Server(BaseApplication):  # type: ignore[misc]  # gunicorn ships no types
    """Serves on a socket that is already bound, so that the port is known before it starts."""

    def __init__(self, listener: socket.socket, settings: Settings, data: str = "") -> None:
        self.listener = listener
        self.bank_settings = settings
        self.data = data
        super().__init__()

    def load_config(self) -> None:
        for name, value in {
            "bind": f"fd://{self.listener.fileno()}",
            "worker_class": Worker,
            "workers": 1,
            "proc_name": "fakestripe",
            "graceful_timeout": 1,
            "keepalive": 60,
            "timeout": 120,
            "loglevel": "warning",
            "control_socket_disable": True,
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """Called in the worker: a SQLite connection does not survive a fork."""
        return make_app(Bank(Store(self.data), self.bank_settings))
