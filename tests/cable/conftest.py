"""The cable of a volume of the test's own, and a browser that listens to a stream."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from bodega.cable import broadcasting
from bodega.cable.messages import Messages, messages_in
from bodega.cable.stream import Stream
from bodega.databases.disposable import Complaint

WAIT = 10.0  # seconds after which a test gives up


@pytest.fixture(autouse=True)
def fresh_complaint(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test is silenced by what another one has complained about within the minute."""
    monkeypatch.setattr(broadcasting, "_complaint", Complaint(broadcasting.logger))


@pytest.fixture
def messages(volume: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Messages]:
    """The messages of this test's volume, which is also the process's meanwhile."""
    monkeypatch.setenv("BODEGA_VOLUME", str(volume))
    messages = messages_in()
    yield messages
    messages.file.forget()


class Browser:
    """Speaks ASGI as a server does for one request, and reads the events as a browser does."""

    def __init__(self, app: Stream, query: str, *, method: str = "GET", last_id: str = "") -> None:
        self.scope = {
            "type": "http",
            "method": method,
            "query_string": query.encode(),
            "headers": [(b"last-event-id", last_id.encode())] if last_id else [],
        }
        self.app = app
        self.status = 0
        self.headers: dict[bytes, bytes] = {}
        self.body = b""
        self.is_complete = False
        self.reads = asyncio.Event()
        self.reads.set()
        self._left = asyncio.Event()
        self._asked = False
        self._news = asyncio.Condition()

    async def ask(self) -> "Browser":
        """The whole request and answer, for answers that end by themselves."""
        await asyncio.wait_for(self.app(self.scope, self.receive, self.send), WAIT)
        return self

    async def receive(self) -> dict[str, Any]:
        if not self._asked:
            self._asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def send(self, event: Any) -> None:
        if event["type"] == "http.response.start":
            self.status, self.headers = event["status"], dict(event["headers"])
            return
        await self.reads.wait()  # a server's back-pressure
        self.body += event["body"]
        self.is_complete = not event["more_body"]
        async with self._news:
            self._news.notify_all()

    def leave(self) -> None:
        self._left.set()

    @property
    def events(self) -> list[tuple[str, str]]:
        """(event, data) of everything that was said so far."""
        found = []
        for block in self.body.decode().split("\n\n"):
            fields = dict(line.split(": ", 1) for line in block.splitlines() if line)
            if "event" in fields:
                found.append((fields["event"], fields["data"]))
        return found

    @property
    def last_id(self) -> str:
        """What the browser would come back with."""
        ids = [line for line in self.body.decode().splitlines() if line.startswith("id: ")]
        return ids[-1].removeprefix("id: ")

    async def sees(self, *data: str) -> None:
        """Wait until the data of all events is exactly this."""
        await self.until(lambda: [said for _, said in self.events] == list(data))

    async def until(self, condition: Any) -> None:
        async with self._news:
            try:
                await asyncio.wait_for(self._news.wait_for(condition), WAIT)
            except TimeoutError:
                raise AssertionError(f"gave up waiting; the stream said: {self.body!r}") from None


@asynccontextmanager
async def listening(app: Stream, query: str, **how: Any) -> AsyncIterator[Browser]:
    """A browser whose stream has begun; it leaves at the end of the block."""
    browser = Browser(app, query, **how)
    task = asyncio.create_task(app(browser.scope, browser.receive, browser.send))
    try:
        await browser.until(lambda: b"id: " in browser.body or task.done())
        yield browser
    finally:
        browser.leave()
        browser.reads.set()
        await asyncio.wait_for(task, WAIT)
