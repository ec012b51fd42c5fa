"""How the faults of requests strike: the wait, the refusals, and the answer that never comes."""

import asyncio
import socket
import struct
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from fakestripe.bank import Bank
from fakestripe.errors import broken, too_many
from fakestripe.faults import Fault


@dataclass(frozen=True)
class Strike:
    """The faults that one request has drawn, by kind."""

    faults: dict[str, Fault]

    @classmethod
    def on(cls, bank: Bank, label: str) -> "Strike":
        return cls({fault.kind: fault for fault in bank.faults.take_scope("request", label)})

    async def pause(self) -> None:
        if "delay" in self.faults:
            await asyncio.sleep(self.faults["delay"].number("ms") / 1000)

    def refuse(self) -> None:
        """Before anything is done."""
        if "limit" in self.faults:
            raise too_many()

    def fails(self, when: str) -> bool:
        return "error" in self.faults and self.faults["error"].options["when"] == when

    def fail(self, when: str) -> None:
        if self.fails(when):
            raise broken()

    def cut(self, when: str) -> Response | None:
        """What takes the place of an answer `before` or `after` the effect, if anything does."""
        if "reset" in self.faults and self.faults["reset"].options["when"] == when:
            return Reset()
        return Dropped() if when == "after" and "drop" in self.faults else None

    @property
    def comes_after_webhooks(self) -> bool:
        return "early" in self.faults


class Dropped(Response):
    """No answer: the connection is closed without a byte.

    ASGI has no word for it. gunicorn takes a cancelled request for a client that has gone, and
    closes the connection.
    """

    async def __call__(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
        raise asyncio.CancelledError


class Reset(Response):
    """No answer: the connection is reset, so that the caller's read fails at once.

    ASGI shows no connection; gunicorn's `receive` knows the one it reads from. A socket that is
    closed with a linger of zero sends RST instead of FIN (RFC 1122, 4.2.2.13).
    """

    async def __call__(self, _scope: Scope, receive: Receive, _send: Send) -> None:
        transport = receive.__self__.protocol.transport  # type: ignore[attr-defined]  # gunicorn's
        connection = transport.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        transport.abort()
        raise asyncio.CancelledError
