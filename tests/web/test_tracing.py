import asyncio

import pytest

from bodega.lib import logs
from bodega.web.bridge import Message, Receive, Scope, Send
from bodega.web.tracing import traced
from tests.web.asking import Answer, ask, scope

KEPT: Message = {"type": "http.response.start", "status": 200, "headers": [(b"a", b"b")]}


async def app(about: Scope, _receive: Receive, send: Send) -> None:
    """Answers with the request's name as log lines see it; its first message is a kept one."""
    with traced(about, send) as named:
        await named(KEPT)
        await named({"type": "http.response.body", "body": logs.request.get().encode()})


def get(**headers: str) -> Answer:
    return asyncio.run(ask(app, scope("/", "GET", **headers)))


def test_a_name_that_came_with_the_request_is_taken_and_returned() -> None:
    answer = get(x_request_id="f81d4fae-7dec-11d0-a765-00a0c91e6bf6")
    assert answer.headers["x-request-id"] == "f81d4fae-7dec-11d0-a765-00a0c91e6bf6"
    assert answer.body.decode() == answer.headers["x-request-id"]


@pytest.mark.parametrize("name", ["", "two words", "x" * 129, 'a"b', "a\tb"])
def test_one_that_could_break_a_log_line_is_replaced(name: str) -> None:
    answer = get(x_request_id=name)
    assert len(answer.headers["x-request-id"]) == 16
    assert answer.headers["x-request-id"] != name


def test_every_request_gets_its_own_and_a_kept_page_stays_as_it_was() -> None:
    assert get().headers["x-request-id"] != get().headers["x-request-id"]
    assert KEPT["headers"] == [(b"a", b"b")]
