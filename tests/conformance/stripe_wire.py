"""The wire between Stripe's command line and fakestripe: passes on, remembers, lets nothing out.

It is the program's API address and its proxy at once. A loopback address is never asked through
a proxy, so whatever arrives as CONNECT was meant for the world outside: it is noted and refused.
"""

import http.client
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit

KEPT_BACK = frozenset(("connection", "transfer-encoding", "content-length", "date", "server"))


@dataclass(frozen=True)
class Answer:
    call: str
    status: int
    body: Any


@dataclass
class Wire:
    """`answers` are fakestripe's, as they came; `outside` are the hosts that were asked for."""

    url: str
    behind: str
    answers: list[Answer] = field(default_factory=list)
    outside: list[str] = field(default_factory=list)


class Handler(BaseHTTPRequestHandler):
    def do_CONNECT(self) -> None:
        self.wire.outside.append(self.path)
        self.send_error(403, "This test stays on this machine")

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        headers = {name: value for name, value in self.headers.items() if name != "Host"}
        connection = http.client.HTTPConnection(urlsplit(self.wire.behind).netloc, timeout=30)
        try:
            connection.request(self.command, self.path, body, headers)
            answer = connection.getresponse()
            content = answer.read()
        finally:
            connection.close()
        call = f"{self.command} {urlsplit(self.path).path}"
        self.wire.answers.append(Answer(call, answer.status, json.loads(content)))
        self.send_response(answer.status)
        for name, value in answer.getheaders():
            if name.lower() not in KEPT_BACK:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST
    do_DELETE = do_POST

    @property
    def wire(self) -> Wire:
        assert isinstance(self.server, Server)
        return self.server.wire

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing: what passed is in `answers`."""


class Server(ThreadingHTTPServer):
    def __init__(self, behind: str) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.wire = Wire(f"http://127.0.0.1:{self.server_port}", behind)


@contextmanager
def wired(behind: str) -> Iterator[Wire]:
    """A wire to the server at the address `behind`."""
    server = Server(behind)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.wire
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
