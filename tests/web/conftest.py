"""The whole door, open, in an event loop of its own thread."""

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

import pytest
from django.core.wsgi import get_wsgi_application

from bodega.web.bridge import Message
from bodega.web.door import Door
from tests.web.asking import Answer, ask, scope

Result = TypeVar("Result")


class OpenDoor:
    """A door between its lifespan's startup and shutdown."""

    def __init__(self) -> None:
        self.door = Door(get_wsgi_application())
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever)
        self._thread.start()
        self._told: list[Message] = []
        self._orders: asyncio.Queue[Message] = asyncio.Queue()

    def run(self, work: Coroutine[Any, Any, Result]) -> Result:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def open(self) -> Message:
        self._live = asyncio.run_coroutine_threadsafe(self._lifespan(), self._loop)
        self.run(self._say({"type": "lifespan.startup"}))
        return self._told[0]

    def ask(self, address: str, method: str = "GET", **headers: str) -> Answer:
        return self.run(ask(self.door, scope(address, method, **headers)))

    def close(self) -> None:
        if not self._live.done():
            self.run(self._orders.put({"type": "lifespan.shutdown"}))
            self._live.result(30)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.run_until_complete(self._loop.shutdown_default_executor())
        self._loop.close()

    async def _lifespan(self) -> None:
        async def send(message: Message) -> None:
            self._told.append(message)

        await self.door({"type": "lifespan"}, self._orders.get, send)

    async def _say(self, message: Message) -> None:
        await self._orders.put(message)
        while not self._told:
            await asyncio.sleep(0)


@pytest.fixture
def door(transactional_db: None) -> Iterator[OpenDoor]:
    """The open door of the test's shop; what it serves was committed."""
    made = OpenDoor()
    assert made.open()["type"] == "lifespan.startup.complete"
    yield made
    made.close()
