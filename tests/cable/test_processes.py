"""Publishing in one process, listening in another, through the real server."""

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bodega import cable
from bodega.cable.messages import Messages
from bodega.cable.stream import Stream
from tests.cable.conftest import WAIT, listening

PUBLISHING = """
import sys
import bodega.databases
from bodega.cable import broadcast
for number in range(int(sys.argv[1])):
    assert broadcast("a", "said", f"{sys.argv[2]} {number}")
"""

# gunicorn's ASGI worker alone, draining on SIGTERM as the door does.
SERVING = """
import sys
import bodega.databases
from django.conf import settings
settings.configure(SECRET_KEY=sys.argv[1])
from gunicorn.app.base import BaseApplication
from gunicorn.workers.gasgi import ASGIWorker
from bodega.cable import stream

class Worker(ASGIWorker):
    def handle_exit_signal(self):
        super().handle_exit_signal()
        stream.drain()

def tell_port(arbiter):
    print(arbiter.LISTENERS[0].getsockname()[1], flush=True)

class Server(BaseApplication):
    def load_config(self):
        self.cfg.set("worker_class", Worker)
        self.cfg.set("bind", "127.0.0.1:0")
        self.cfg.set("graceful_timeout", 60)
        self.cfg.set("when_ready", tell_port)
    def load(self):
        return stream.app

Server().run()
"""


def publisher(count: int, name: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", PUBLISHING, str(count), name])


@pytest.mark.process
def test_what_other_processes_publish_arrives_complete_and_in_order(messages: Messages) -> None:
    async def told() -> None:
        query = f"channel={cable.sign('a')}"
        async with listening(Stream(), query) as browser:
            children = [publisher(50, name) for name in ("one", "two")]
            await browser.until(lambda: len(browser.events) == 100)
            said = [json.loads(data) for _, data in browser.events]
            for name in ("one", "two"):
                mine = [text for text in said if text.startswith(name)]
                assert mine == [f"{name} {number}" for number in range(50)]
            assert [child.wait(WAIT) for child in children] == [0, 0]

    asyncio.run(told())


@pytest.fixture
def server(messages: Messages, settings: object) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    """The address of a real server that serves nothing but the stream."""
    secret = getattr(settings, "SECRET_KEY", "")
    process = subprocess.Popen(
        [sys.executable, "-c", SERVING, secret], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    yield f"http://127.0.0.1:{int(process.stdout.readline())}/live/", process
    process.terminate()
    process.communicate(timeout=WAIT)


@pytest.mark.process
def test_the_real_server_streams_replays_and_drains(
    server: tuple[str, "subprocess.Popen[str]"], messages: Messages, volume: Path
) -> None:
    address, process = server
    parameters = {"channel": cable.sign("a")}
    with httpx.stream("GET", address, params=parameters, timeout=WAIT) as answer:
        lines = answer.iter_lines()
        assert answer.headers["content-type"].startswith("text/event-stream")
        position = next(line for line in lines if line.startswith("id: ")).removeprefix("id: ")
        cable.broadcast("a", "said", "first")
        assert next(line for line in lines if line.startswith("data")) == 'data: "first"'
    cable.broadcast("a", "said", "second")
    headers = {"Last-Event-ID": position}
    with httpx.stream("GET", address, params=parameters, headers=headers, timeout=WAIT) as answer:
        lines = answer.iter_lines()
        heard = [next(line for line in lines if line.startswith("data")) for _ in range(2)]
        assert heard == ['data: "first"', 'data: "second"']
        process.send_signal(signal.SIGTERM)
        assert [line for line in lines if line][-1].startswith("retry: ")  # a clean, early end
    assert process.wait(WAIT) == 0


@pytest.mark.process
def test_the_real_server_refuses_what_is_forged(
    server: tuple[str, "subprocess.Popen[str]"],
) -> None:
    address, _ = server
    assert httpx.get(address, params={"channel": "forged"}).status_code == 403
    assert httpx.get(address).status_code == 400
    assert httpx.post(address, params={"channel": cable.sign("a")}).status_code == 405
