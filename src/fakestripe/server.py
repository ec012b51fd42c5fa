"""Serves the application with gunicorn's ASGI worker: one worker, so one bank."""

import socket
from typing import Any

from gunicorn.app.base import BaseApplication

from fakestripe.app import make_app
from fakestripe.bank import Bank, Settings
from fakestripe.store import Store


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
            "worker_class": "asgi",
            "workers": 1,
            "proc_name": "fakestripe",
            "graceful_timeout": 1,
            "keepalive": 60,
            "timeout": 120,
            "loglevel": "warning",
            "control_socket_disable": True,
        }.items():
            if name in self.cfg.settings:
                self.cfg.set(name, value)

    def load(self) -> Any:
        """Called in the worker: a SQLite connection does not survive a fork."""
        return make_app(Bank(Store(self.data), self.bank_settings))
