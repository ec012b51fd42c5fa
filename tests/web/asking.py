"""Asking an ASGI application without a server."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from bodega.web.bridge import Message, Receive, Scope, Send
from bodega.web.kept import Application


@dataclass
class Answer:
    """What an application sent, in the order it came."""

    messages: list[Message] = field(default_factory=list)

    @property
    def status(self) -> int:
        return int(self.messages[0]["status"])

    @property
    def headers(self) -> dict[str, str]:
        pairs: Iterable[tuple[bytes, bytes]] = self.messages[0]["headers"]
        return {name.decode(): value.decode("latin-1") for name, value in pairs}

    @property
    def body(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.messages[1:])

    @property
    def is_whole(self) -> bool:
        return len(self.messages) > 1 and not self.messages[-1].get("more_body", False)


def scope(address: str, method: str = "GET", **headers: str) -> Scope:
    """An HTTP scope as gunicorn makes it; `accept_encoding="br"` becomes a header."""
    path, _, query = address.partition("?")
    pairs = {"host": "testserver", **headers}
    return {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [
            (name.replace("_", "-").encode(), value.encode("latin-1"))
            for name, value in pairs.items()
        ],
        "server": ("testserver", 80),
        "client": ("192.0.2.7", 4711),
    }


def body_of(*pieces: bytes) -> list[Message]:
    """The messages of a request's body."""
    last = len(pieces) - 1
    return [
        {"type": "http.request", "body": piece, "more_body": number < last}
        for number, piece in enumerate(pieces)
    ]


async def ask(application: Application, asked: Scope, body: list[Message] | None = None) -> Answer:
    """One request; the client stays until it has the answer."""
    answer = Answer()
    left = list(body or body_of(b""))

    async def receive() -> Message:
        if left:
            return left.pop(0)
        await asyncio.Event().wait()
        raise AssertionError("unreachable")

    async def send(message: Message) -> None:
        answer.messages.append(message)

    await application(asked, receive, send)
    return answer


def asked(application: Application, asked_for: Scope, body: list[Message] | None = None) -> Answer:
    """One request in an event loop of its own."""
    return asyncio.run(ask(application, asked_for, body))


def saying(
    body: bytes = b"page", status: int = 200, headers: dict[str, str] | None = None
) -> Application:
    """An application that always says the same; `.calls` counts how often."""

    async def application(_scope: Scope, _receive: Receive, send: Send) -> None:
        told: Any = application
        told.calls += 1
        pairs = [(name.encode(), value.encode()) for name, value in (headers or {}).items()]
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": body})

    application.calls = 0  # type: ignore[attr-defined]  # a counter on a function
    return application
