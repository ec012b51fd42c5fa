"""How the faults of requests strike: the wait, the 500, and the answer that never comes."""

import asyncio
from dataclasses import dataclass

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from fakestripe.bank import Bank
from fakestripe.errors import broken
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

    def fails(self, when: str) -> bool:
        return "error" in self.faults and self.faults["error"].options["when"] == when

    def fail(self, when: str) -> None:
        if self.fails(when):
            raise broken()

    @property
    def drops(self) -> bool:
        return "drop" in self.faults


class Dropped(Response):
    """No answer: the connection is closed without a byte.

    ASGI has no word for it. gunicorn takes a cancelled request for a client that has gone, and
    closes the connection.
    """

    async def __call__(self, _scope: Scope, _receive: Receive, _send: Send) -> None:
        raise asyncio.CancelledError
