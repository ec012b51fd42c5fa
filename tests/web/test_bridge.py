import asyncio
import io
import threading
from collections.abc import Callable, Iterator
from typing import Any
from wsgiref.types import StartResponse, WSGIEnvironment

import pytest

from bodega.web import bridge
from bodega.web.bridge import Bridge, Message
from tests.web.asking import Answer, ask, asked, body_of, scope

Wsgi = Callable[[WSGIEnvironment, StartResponse], Any]


def bridged(application: Wsgi, *, threads: int = 2, body_limit: int = 1_000) -> Bridge:
    return Bridge(application, threads=threads, body_limit=body_limit)


def saying(body: Any, status: str = "200 OK", headers: list[tuple[str, str]] | None = None) -> Wsgi:
    def application(_environ: WSGIEnvironment, start: StartResponse) -> Any:
        start(status, headers or [])
        return body

    return application


class Echo:
    """Reads the body and keeps the environ."""

    def __call__(self, environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        self.environ = environ
        self.got = environ["wsgi.input"].read()
        start("200 OK", [("Content-Type", "text/plain"), ("X-Name", "Käse")])
        return [self.got]


class Streaming:
    """A streaming response as Django's are: iterable, with `streaming` and `close`."""

    streaming = True

    def __init__(self, blocks: Iterator[bytes]) -> None:
        self.blocks = blocks
        self.is_closed = False

    def __iter__(self) -> Iterator[bytes]:
        return self.blocks

    def close(self) -> None:
        self.is_closed = True


def test_an_answer_crosses_with_status_headers_and_body() -> None:
    answer = asked(bridged(Echo()), scope("/"))
    assert answer.status == 200
    assert answer.headers == {"content-type": "text/plain", "x-name": "Käse"}
    assert answer.is_whole


def test_the_environ_is_what_pep_3333_asks_for() -> None:
    echo = Echo()
    request = scope("/k%C3%A4se/?q=1&r=2", "POST", content_type="text/csv", content_length="4")
    request["headers"] += [
        (b"cookie", b"a=1"),
        (b"cookie", b"b=2"),
        (b"x-list", b"1"),
        (b"x-list", b"2"),
    ]
    asked(bridged(echo), request, body_of(b"ab", b"cd"))
    environ = echo.environ
    assert environ["REQUEST_METHOD"] == "POST"
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/käse/"
    assert environ["QUERY_STRING"] == "q=1&r=2"
    assert environ["CONTENT_TYPE"] == "text/csv"
    assert environ["CONTENT_LENGTH"] == "4"
    assert environ["HTTP_COOKIE"] == "a=1; b=2"
    assert environ["HTTP_X_LIST"] == "1,2"
    assert environ["REMOTE_ADDR"] == "192.0.2.7"
    assert environ["wsgi.url_scheme"] == "http"
    assert echo.got == b"abcd"


@pytest.mark.parametrize(
    ("forwarded", "proxies", "address"),
    [
        ("203.0.113.5", [], "192.0.2.7"),
        ("203.0.113.5", ["192.0.2.7"], "203.0.113.5"),
        ("forged, 203.0.113.5", ["192.0.2.7"], "203.0.113.5"),
        ("203.0.113.5, 10.0.0.1", ["192.0.2.7", "10.0.0.1"], "203.0.113.5"),
        ("", ["192.0.2.7"], "192.0.2.7"),
    ],
)
def test_only_trusted_proxies_are_believed_about_visitors(
    forwarded: str, proxies: list[str], address: str
) -> None:
    echo = Echo()
    made = Bridge(echo, threads=1, body_limit=1_000, proxies=proxies)
    asked(made, scope("/", x_forwarded_for=forwarded))
    assert echo.environ["REMOTE_ADDR"] == address


def test_a_header_with_an_underscore_cannot_pass_for_another() -> None:
    echo = Echo()
    request = scope("/", x_real="true")
    request["headers"].append((b"x_real", b"forged"))
    asked(bridged(echo), request)
    assert echo.environ["HTTP_X_REAL"] == "true"


def test_a_chunked_body_has_its_measured_length() -> None:
    echo = Echo()
    asked(bridged(echo), scope("/", "POST", transfer_encoding="chunked"), body_of(b"abc", b"de"))
    assert echo.environ["CONTENT_LENGTH"] == "5"
    assert echo.got == b"abcde"


def test_a_large_upload_goes_through_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "IN_MEMORY_BYTES", 1_000)
    echo = Echo()
    pieces = [bytes([number]) * 900 for number in range(10)]
    request = scope("/", "POST", content_length="9000")
    asked(bridged(echo, body_limit=10_000), request, body_of(*pieces))
    assert echo.got == b"".join(pieces)
    assert echo.environ["wsgi.input"].closed


def test_a_body_that_is_announced_too_large_is_refused_with_a_sentence() -> None:
    echo = Echo()
    request = scope("/", "POST", content_length="2000001")
    answer = asked(bridged(echo, body_limit=2_000_000), request, body_of(b"x" * 3_000))
    assert answer.status == 413
    assert answer.headers["connection"] == "close"
    assert b"2 MB" in answer.body
    assert not hasattr(echo, "environ")


def test_a_body_that_turns_out_too_large_is_refused() -> None:
    request = scope("/", "POST", transfer_encoding="chunked")
    answer = asked(bridged(Echo()), request, body_of(b"x" * 600, b"x" * 600, b"rest"))
    assert answer.status == 413


def test_a_body_of_just_the_limit_is_taken() -> None:
    request = scope("/", "POST", content_length="1000")
    answer = asked(bridged(Echo()), request, body_of(b"x" * 1_000))
    assert answer.status == 200
    assert len(answer.body) == 1_000


def test_a_client_that_leaves_while_sending_never_reaches_django() -> None:
    echo = Echo()
    gone: list[Message] = [*body_of(b"ab", b""), {"type": "http.disconnect"}]
    answer = asked(bridged(echo), scope("/", "POST", content_length="9"), [gone[0], gone[2]])
    assert answer.messages == []
    assert not hasattr(echo, "environ")


@pytest.mark.parametrize(("method", "status"), [("HEAD", "200 OK"), ("GET", "304 Not Modified")])
def test_an_answer_that_must_not_have_a_body_has_none(method: str, status: str) -> None:
    application = saying([b"body"], status, [("Content-Length", "4")])
    answer = asked(bridged(application), scope("/", method))
    assert answer.body == b""
    assert answer.headers["content-length"] == "4"


def test_an_exception_goes_up_to_the_server_which_answers_500() -> None:
    def application(_environ: WSGIEnvironment, _start: StartResponse) -> list[bytes]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        asked(bridged(application), scope("/"))


def test_a_stream_is_sent_block_by_block_and_closed() -> None:
    response = Streaming(iter([b"one", b"two"]))
    answer = asked(bridged(saying(response)), scope("/"))
    assert [m.get("body") for m in answer.messages[1:]] == [b"one", b"two", None]
    assert answer.is_whole
    assert response.is_closed


def test_a_stream_that_fails_midway_is_not_ended_as_if_it_were_whole() -> None:
    def blocks() -> Iterator[bytes]:
        yield b"one"
        raise ZeroDivisionError

    response = Streaming(blocks())
    answer = Answer()

    async def send(message: Message) -> None:
        answer.messages.append(message)

    async def receive() -> Message:
        await asyncio.Event().wait()
        return {}

    with pytest.raises(ZeroDivisionError):
        asyncio.run(bridged(saying(response))(scope("/"), receive, send))
    assert not answer.is_whole
    assert response.is_closed


def test_a_stream_waits_for_a_slow_reader() -> None:
    made: list[int] = []

    def blocks() -> Iterator[bytes]:
        for number in range(5):
            made.append(number)
            yield b"block"

    ahead: list[int] = []

    async def slow() -> None:
        taken = 0

        async def send(message: Message) -> None:
            nonlocal taken
            await asyncio.sleep(0)  # a turn of the loop: the thread could run ahead here
            if message.get("body"):
                taken += 1
                ahead.append(len(made) - taken)

        async def receive() -> Message:
            await asyncio.Event().wait()
            return {}

        await bridged(saying(Streaming(blocks())))(scope("/"), receive, send)

    asyncio.run(slow())
    assert ahead == [0, 0, 0, 0, 0]


def test_a_stream_ends_when_its_client_leaves() -> None:
    left = threading.Event()

    def blocks() -> Iterator[bytes]:
        while True:
            yield b"more"

    response = Streaming(blocks())

    async def leaving() -> None:
        async def send(message: Message) -> None:
            if message.get("body"):
                left.set()
            await asyncio.sleep(0)

        async def receive() -> Message:
            while not left.is_set():
                await asyncio.sleep(0)
            return {"type": "http.disconnect"}

        await bridged(saying(response))(scope("/"), receive, send)

    asyncio.run(leaving())
    assert response.is_closed


def test_a_reader_that_stalls_does_not_hold_a_thread_for_ever(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bridge, "STALLED_SECONDS", 0.05)
    response = Streaming(iter([b"one", b"two"]))

    async def stalling() -> None:
        async def send(_message: Message) -> None:
            await asyncio.Event().wait()

        async def receive() -> Message:
            await asyncio.Event().wait()
            return {}

        await bridged(saying(response))(scope("/"), receive, send)

    asyncio.run(stalling())
    assert response.is_closed


def test_a_file_is_read_in_blocks_and_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "BLOCK_BYTES", 4)
    file = io.BytesIO(b"0123456789")

    def application(environ: WSGIEnvironment, start: StartResponse) -> Any:
        start("200 OK", [])
        return environ["wsgi.file_wrapper"](file)

    made = bridged(application)
    answer = asked(made, scope("/"))
    made.close()
    assert [m["body"] for m in answer.messages[1:-1]] == [b"0123", b"4567", b"89"]
    assert answer.is_whole
    assert file.closed


def test_a_file_costs_a_head_request_no_reading() -> None:
    file = io.BytesIO(b"0123456789")

    def application(environ: WSGIEnvironment, start: StartResponse) -> Any:
        start("200 OK", [("Content-Length", "10")])
        return environ["wsgi.file_wrapper"](file)

    answer = asked(bridged(application), scope("/", "HEAD"))
    assert answer.body == b""
    assert file.closed


def test_a_request_whose_client_left_still_runs_to_its_end() -> None:
    begun, may_end, ended = threading.Event(), threading.Event(), threading.Event()

    def application(_environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        begun.set()
        may_end.wait(10)
        start("200 OK", [])
        ended.set()
        return [b""]

    async def cancelled() -> None:
        task = asyncio.create_task(ask(made, scope("/", "POST")))
        await asyncio.to_thread(begun.wait, 10)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    made = bridged(application)
    asyncio.run(cancelled())
    assert not ended.is_set()
    may_end.set()
    made.close()
    assert ended.is_set()


def test_requests_run_side_by_side_up_to_the_number_of_threads() -> None:
    meeting = threading.Barrier(2, timeout=10)

    def application(_environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        meeting.wait()
        start("200 OK", [])
        return [b""]

    async def two() -> list[Answer]:
        made = bridged(application, threads=2)
        return list(await asyncio.gather(ask(made, scope("/")), ask(made, scope("/"))))

    assert [answer.status for answer in asyncio.run(two())] == [200, 200]


def test_more_requests_than_can_wait_are_told_to_come_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "MOST_WAITING", 1)
    may_end = threading.Event()

    def application(_environ: WSGIEnvironment, start: StartResponse) -> list[bytes]:
        may_end.wait(10)
        start("200 OK", [])
        return [b""]

    async def crowd() -> list[int]:
        made = bridged(application, threads=1)
        inside = [asyncio.create_task(ask(made, scope("/"))) for _ in range(2)]
        await asyncio.sleep(0)
        refused = await ask(made, scope("/"))
        assert refused.headers["retry-after"] == "2"
        may_end.set()
        served = await asyncio.gather(*inside)
        return [refused.status, *(answer.status for answer in served)]

    assert asyncio.run(crowd()) == [503, 200, 200]
