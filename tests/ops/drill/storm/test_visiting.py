"""A client that never tries again, and how it looks when it gets no answer."""

import socket
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import pytest

from bodega.ops.drill.storm.visiting import Cut, Line

WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: cart=abc; Path=/\r\n\r\nok"
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nok"
LAST = WHOLE.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n")


@contextmanager
def server(
    *connections: Sequence[bytes], hung_up: threading.Semaphore | None = None
) -> Iterator[tuple[str, int]]:
    """Answers so on each connection, one after the other, and hangs up behind the last.

    `hung_up` is released each time that it has.
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            for answers in connections:
                line, _ = listener.accept()
                with line:
                    for answer in answers:
                        line.recv(65_536)
                        line.sendall(answer)
                if hung_up is not None:
                    hung_up.release()

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()
        thread.join(10)


def ask(line: Line) -> str:
    return line.ask("GET", "/", {}).body


def test_a_kept_connection_is_used_again_and_a_fresh_one_is_not() -> None:
    with server([WHOLE, WHOLE]) as address:
        line = Line(address, is_kept=True)
        assert [ask(line), ask(line)] == ["ok", "ok"]
        line.close()
    with server([WHOLE], [WHOLE]) as address:
        line = Line(address, is_kept=False)
        assert [ask(line), ask(line)] == ["ok", "ok"]


def test_a_connection_that_was_closed_while_idle_is_no_failure() -> None:
    hung_up = threading.Semaphore(0)
    with server([WHOLE], [LAST], [WHOLE], hung_up=hung_up) as address:
        line = Line(address, is_kept=True)
        for _ in range(3):
            assert ask(line) == "ok"
            assert hung_up.acquire(timeout=10)
        line.close()


@pytest.mark.parametrize(
    ("answer", "kind"), [(b"", "closed unanswered"), (HALF, "cut in the answer")]
)
def test_no_answer_and_half_an_answer_are_cuts_of_their_own_kind(answer: bytes, kind: str) -> None:
    with server([answer]) as address, pytest.raises(Cut) as cut:
        ask(Line(address, is_kept=True))
    assert cut.value.kind == kind


def test_a_closed_door_is_another_kind() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    with pytest.raises(Cut) as cut:
        ask(Line(address, is_kept=True))
    assert cut.value.kind == "refused"


def test_cookies_and_address_are_in_the_answer() -> None:
    with server([WHOLE]) as address:
        answer = Line(address, is_kept=False).ask("GET", "/", {})
    assert answer.cookies == {"cart": "abc"}
    assert answer.location == ""
