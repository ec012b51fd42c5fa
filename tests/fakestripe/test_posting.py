import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from urllib.parse import urlsplit

import pytest

from fakestripe.posting import MOST_READ, BadAnswer, head, post
from tests.fakestripe.receiver import receiving


def post_to(talk: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]) -> int:
    """The status that `post` gets from a server that talks like this."""

    async def serve_and_post() -> int:
        finished = asyncio.Event()

        async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            await talk(reader, writer)
            writer.close()
            finished.set()

        server = await asyncio.start_server(handle, "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            try:
                return await post(f"http://127.0.0.1:{port}/hook", {}, b"", 0.2)
            finally:
                await finished.wait()

    return asyncio.run(serve_and_post())


def answer_with(answer: bytes) -> int:
    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    return post_to(talk)


def test_a_post_carries_its_headers_and_body() -> None:
    with receiving() as receiver:
        receiver.answers[:] = [204]
        status = asyncio.run(post(receiver.url, {"X-Note": "17"}, "ä".encode(), 5))
    (got,) = receiver.received
    assert (status, got.headers["X-Note"], got.body) == (204, "17", "ä".encode())


def test_the_request_line_keeps_the_query_and_hides_credentials() -> None:
    url = urlsplit("http://user:secret@shop.test:8000/hook?a=1")
    text = head(url, {}, 0).decode()
    assert text.startswith("POST /hook?a=1 HTTP/1.1\r\nHost: shop.test:8000\r\n")
    assert "secret" not in text


def test_a_status_is_read_and_nonsense_is_not() -> None:
    assert answer_with(b"HTTP/1.1 503 Not now\r\n\r\nbody") == 503
    for nonsense in (b"", b"SSH-2.0-x\r\n", b"HTTP/1.1 abc\r\n"):
        with pytest.raises(BadAnswer):
            answer_with(nonsense)


def test_a_server_that_never_answers_is_given_up() -> None:
    async def listen_in_silence(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.read()

    with pytest.raises(TimeoutError):
        post_to(listen_in_silence)


def test_an_answer_without_an_end_is_not_read_for_ever() -> None:
    async def talk_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (2 * MOST_READ))
        with suppress(ConnectionError):  # the post hangs up
            await reader.read()

    assert post_to(talk_on) == 200
