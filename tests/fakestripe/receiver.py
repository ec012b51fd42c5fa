"""A shop's webhook address, as far as a bank can see it: it answers, and remembers what came."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

PATIENCE = 10.0


@dataclass(frozen=True)
class Received:
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        event: dict[str, Any] = json.loads(self.body)
        return event

    @property
    def type(self) -> str:
        return str(self.event["type"])


@dataclass
class Receiver:
    """`answers` are the statuses of the next answers; after them, and by default, 200."""

    url: str
    received: list[Received] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def take(self, received: Received) -> int:
        with self.changed:
            self.received.append(received)
            self.changed.notify_all()
            return self.answers.pop(0) if self.answers else 200

    def wait(self, condition: Callable[[list[Received]], bool]) -> list[Received]:
        """What has been received, once it fulfils the condition."""
        with self.changed:
            fulfilled = self.changed.wait_for(lambda: condition(self.received), PATIENCE)
            assert fulfilled, f"only received {[got.type for got in self.received]}"
            return list(self.received)

    def wait_for(self, event_type: str, count: int = 1) -> list[Received]:
        found = self.wait(lambda got: sum(one.type == event_type for one in got) >= count)
        return [one for one in found if one.type == event_type]

    def clear(self) -> None:
        with self.changed:
            self.received.clear()
            self.answers.clear()


@contextmanager
def receiving() -> Iterator[Receiver]:
    server = Server()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class Server(ThreadingHTTPServer):
    # A bank delivers sixteen at once; with the usual five, some knock again a second later.
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.receiver = Receiver(f"http://127.0.0.1:{self.server_port}/hook")


class Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        assert isinstance(self.server, Server)
        status = self.server.receiver.take(Received(dict(self.headers), body))
        self.send_response(status)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: what came is in `received`."""
