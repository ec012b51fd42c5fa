"""`/up`: may this process be sent visitors?

Answered in front of Django, so that it needs no free thread and no known host name (proxies ask by the
container's address).
"""

import json
import sqlite3
from pathlib import Path

from bodega.databases.trust import trust
from bodega.databases.volume import VolumeError, read_identity
from bodega.web.bridge import Receive, Scope, Send


class Health:
    """An ASGI application that answers 200 or 503, with a small JSON object that says why."""

    def __init__(self, reader: sqlite3.Connection, directory: Path, release: str) -> None:
        """`reader`: a connection to primary of the event loop's own."""
        self._reader = reader
        self._directory = directory
        self._release = release
        self._volume = read_identity(directory).id

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        wrong = self.complaint()
        status = "unavailable" if wrong else "up"
        told = {"status": status, "release": self._release, "volume": self._volume}
        await send_json(send, 503 if wrong else 200, {**told, "why": wrong} if wrong else told)

    def complaint(self) -> str:
        """Why the shop cannot serve; "" when it can."""
        if trust.lost is not None:
            return trust.lost.sentence
        try:
            if read_identity(self._directory).id != self._volume:
                return "the directory is another volume now; restart the shop"
            self._reader.execute("SELECT count(*) FROM django_migrations").fetchone()
        except VolumeError as error:
            return str(error)
        except sqlite3.Error as error:
            return f"primary cannot be read: {error}"
        return ""


async def send_json(send: Send, status: int, told: dict[str, str]) -> None:
    """Answer with a small JSON object that nobody keeps."""
    body = json.dumps(told).encode()
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
