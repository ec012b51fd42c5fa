"""How the server stops: real processes, a real socket."""

import http.client
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

from bodega.lib.sockets import BACKLOG
from bodega.ops.listening import listen
from bodega.web import server

pytestmark = pytest.mark.process


@dataclass
class Running:
    process: "subprocess.Popen[bytes]"
    address: tuple[str, int]

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(*self.address, timeout=20)

    def says(self, word: str) -> bool:
        """Wait for the next line the application prints."""
        output: IO[bytes] | None = self.process.stdout
        assert output is not None
        return output.readline().decode().strip() == word

    def let_go(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()


@pytest.fixture
def running() -> Iterator[Running]:
    with listen("127.0.0.1", 0) as listener:
        started = start(listener)
    with started.process:
        yield started
        started.process.kill()


def start(listener: socket.socket) -> Running:
    """A web process on this socket."""
    command = [sys.executable, "-m", "tests.web.slow_shop", "--fd", str(listener.fileno())]
    process = subprocess.Popen(
        command,
        pass_fds=[listener.fileno()],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    return Running(process, listener.getsockname())


def get(connection: http.client.HTTPConnection, path: str) -> http.client.HTTPResponse:
    connection.request("GET", path)
    return connection.getresponse()


def test_a_request_in_flight_is_answered_before_the_end(running: Running) -> None:
    slow = running.connect()
    slow.request("GET", "/slow")
    assert running.says("slow")
    running.process.terminate()
    assert running.says("draining")
    running.let_go()
    answer = slow.getresponse()
    assert (answer.status, answer.read()) == (200, b"/slow\n")
    assert answer.headers["Connection"] == "close"
    slow.close()
    assert running.says("closed"), "the lifespan's shutdown comes after the last answer"
    assert running.process.wait(10) == 0


def test_streams_are_told_at_once_and_do_not_hold_the_process(running: Running) -> None:
    stream = running.connect()
    stream.request("GET", "/stream")
    assert running.says("stream")
    begun = time.monotonic()
    running.process.terminate()
    assert stream.getresponse().read() == b"/stream\n"
    stream.close()
    assert running.process.wait(10) == 0
    assert time.monotonic() - begun < server.GRACE_SECONDS


def test_an_idle_connection_holds_it_no_longer_than_it_may_linger(running: Running) -> None:
    idle, silent = running.connect(), running.connect()
    assert get(idle, "/").read() == b"/\n"
    silent.connect()
    begun = time.monotonic()
    running.process.terminate()
    assert running.process.wait(10) == 0
    assert time.monotonic() - begun < server.LINGER_SECONDS + 3
    idle.close()
    silent.close()


def test_a_kept_alive_client_is_answered_and_told_to_leave(running: Running) -> None:
    client = running.connect()
    first = get(client, "/")
    assert (first.read(), first.headers["Connection"]) == (b"/\n", None)
    running.process.terminate()
    assert running.says("draining")
    answer = get(client, "/again")
    assert (answer.status, answer.read()) == (200, b"/again\n")
    assert answer.headers["Connection"] == "close"
    client.close()
    assert running.process.wait(10) == 0


def test_a_connection_that_was_promised_another_request_gets_it(running: Running) -> None:
    client = running.connect()
    client.request("GET", "/begun")
    assert running.says("begun")
    running.process.terminate()
    assert running.says("draining")
    running.let_go()
    answer = client.getresponse()
    assert (answer.read(), answer.headers["Connection"]) == (b"begun\nend\n", None)
    last = get(client, "/again")
    assert (last.read(), last.headers["Connection"]) == (b"/again\n", "close")
    client.close()
    assert running.process.wait(10) == 0


def test_a_request_line_or_header_without_end_is_refused(running: Running) -> None:
    for address, header, status in (("/" + "x" * 9_000, "a", 414), ("/", "x" * 9_000, 431)):
        client = running.connect()
        client.request("GET", address, headers={"X-Long": header})
        assert client.getresponse().status == status
        client.close()
    running.process.terminate()
    assert running.process.wait(10) == 0


def test_the_kernel_lets_as_many_connections_wait_as_before() -> None:
    with listen("127.0.0.1", 0) as listener:
        started = start(listener)
        with started.process:
            with closing(started.connect()) as connection:
                assert get(connection, "/").status == 200
            # struct tcp_info of <linux/tcp.h>: of a listener, `tcpi_sacked` is how many may wait.
            told = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 32)
            started.process.kill()
    most = int(Path("/proc/sys/net/core/somaxconn").read_text())
    assert struct.unpack_from("I", told, 28) == (min(BACKLOG, most),)
