"""The proxy: new connections go to the new target, old ones stay where they are."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from bodega.ops.drill.storm.switching import Switch


@contextmanager
def target(name: bytes) -> Iterator[tuple[str, int]]:
    """Says its name to everything it hears."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        lines = []

        def answer(line: socket.socket) -> None:
            with line:
                while line.recv(100):
                    line.sendall(name)

        def serve() -> None:
            while True:
                try:
                    line, _ = listener.accept()
                except OSError:
                    return
                lines.append(threading.Thread(target=answer, args=(line,)))
                lines[-1].start()

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()
        listener.shutdown(socket.SHUT_RDWR)
        thread.join(10)
        for each in lines:
            each.join(10)


@pytest.fixture
def switch() -> Iterator[Switch]:
    made = Switch()
    yield made
    made.close()


def ask(line: socket.socket) -> bytes:
    line.sendall(b"?")
    return line.recv(100)


def test_an_old_connection_stays_and_a_new_one_goes_to_the_new_target(switch: Switch) -> None:
    with target(b"old") as old, target(b"new") as new:
        switch.target = old
        with socket.create_connection(switch.address, timeout=10) as first:
            assert ask(first) == b"old"
            switch.target = new
            with socket.create_connection(switch.address, timeout=10) as second:
                assert ask(second) == b"new"
            assert ask(first) == b"old"


def test_who_comes_while_nobody_serves_waits(switch: Switch) -> None:
    with socket.create_connection(switch.address, timeout=10) as line:
        line.sendall(b"?")
        with target(b"late") as late:
            switch.target = late
            assert line.recv(100) == b"late"
            line.shutdown(socket.SHUT_WR)


def test_who_is_hung_up_on_hears_of_it(switch: Switch) -> None:
    with target(b"once") as once:
        switch.target = once
        with socket.create_connection(switch.address, timeout=10) as line:
            assert ask(line) == b"once"
            line.shutdown(socket.SHUT_WR)
            assert line.recv(100) == b""
