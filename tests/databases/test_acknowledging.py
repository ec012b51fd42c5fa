"""Every place that says "done" to somebody passes the barrier first, and keeps silent when it fails."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpResponse, StreamingHttpResponse
from django.test import RequestFactory

from bodega.databases import middleware
from bodega.databases.durability import CannotAcknowledge
from bodega.databases.middleware import DurableAnswers
from bodega.databases.naming import actor
from bodega.jobs import worker
from bodega.jobs.claim import Claimed
from bodega.jobs.worker import Worker
from bodega.orders import mails
from bodega.outbox import relay
from bodega.payments import stripe
from bodega.web import bridge
from bodega.web import middleware as web_middleware
from bodega.web.bridge import Bridge, Message

NOW = datetime(2026, 1, 1, tzinfo=UTC)


class Course:
    """What happened, in order; a barrier that can be told to fail."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.fails_at = -1

    def durable(self, *roles: str) -> None:
        step = f"durable {' '.join(roles)}".strip()
        if self.steps.count(step) == self.fails_at:
            raise CannotAcknowledge("the disk failed")
        self.steps.append(step)

    def note(self, step: str, result: Any = None) -> Callable[..., Any]:
        def noted(*_: Any, **__: Any) -> Any:
            self.steps.append(step)
            return result

        return noted


@pytest.fixture
def course() -> Course:
    return Course()


def ask(application: Callable[..., Any], course: Course) -> list[Message]:
    """What the bridge sends for a GET of an application."""
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.sleep(60)
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        course.steps.append(message["type"].rpartition(".")[2])
        sent.append(message)

    async def run() -> None:
        made = Bridge(application, threads=1, body_limit=1000)
        scope = {
            "type": "http",
            "method": "GET",
            "path": "/",
            "query_string": b"",
            "headers": [],
            "http_version": "1.1",
        }
        try:
            await made(scope, receive, send)
        finally:
            made.close()

    asyncio.run(run())
    return sent


def plain(course: Course) -> Callable[..., Any]:
    def application(_environ: Any, start_response: Any) -> list[bytes]:
        course.steps.append(f"view as {actor()}")
        start_response("200 OK", [])
        return [b"thank you"]

    return application


def streamed(course: Course) -> Callable[..., Any]:
    def application(_environ: Any, start_response: Any) -> Any:
        start_response("200 OK", [])
        return iter([b"one", b"two"])

    return application


def test_an_answer_waits_for_the_disk(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "durable", course.durable)
    start, body = ask(plain(course), course)
    assert (start["status"], body["body"]) == (200, b"thank you")
    assert course.steps == ["view as GET request", "durable", "start", "body"]


def test_an_answer_that_cannot_be_sure_is_a_503(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge, "durable", course.durable)
    course.fails_at = 0
    start, body = ask(plain(course), course)
    assert start["status"] == 503
    assert b"take it as not done" in body["body"]
    assert b"thank you" not in body["body"]


def test_a_stream_waits_before_it_begins_and_before_every_block(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bridge, "durable", course.durable)
    ask(streamed(course), course)
    assert course.steps == ["durable", "start", *["durable", "body"] * 2, "body"]


def test_a_stream_that_cannot_go_on_is_cut(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bridge, "durable", course.durable)
    course.fails_at = 2  # the second block
    with pytest.raises(CannotAcknowledge):
        ask(streamed(course), course)
    assert course.steps == ["durable", "start", "durable", "body"]


def test_a_view_gives_its_work_its_name() -> None:
    handle = web_middleware.NamedWork(lambda request: HttpResponse())
    with bridge.acting_as("GET request"):
        handle.process_view(RequestFactory().get("/"), ask, (), {})
        assert actor() == "view tests.databases.test_acknowledging.ask"


@pytest.mark.django_db(transaction=True, databases=["default", "queue"])
def test_the_relay_makes_each_file_durable_before_the_next_relies_on_it(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay, "durable", course.durable)
    monkeypatch.setattr(relay, "insert", course.note("insert"))
    monkeypatch.setattr(relay, "mark", course.note("mark"))
    relay.dispatch([], NOW)
    assert course.steps == ["durable primary", "insert", "durable queue", "mark"]


@pytest.mark.django_db(transaction=True, databases=["default", "queue"])
def test_the_relay_marks_nothing_that_may_not_be_in_the_queue(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*roles: str) -> None:
        if roles == ("queue",):
            raise CannotAcknowledge("the disk failed")

    monkeypatch.setattr(relay, "durable", fail)
    monkeypatch.setattr(relay, "mark", course.note("mark"))
    with pytest.raises(CannotAcknowledge):
        relay.dispatch([], NOW)
    assert course.steps == []


def job() -> Claimed:
    times = {"run_after": NOW, "enqueued_at": NOW, "started_at": NOW, "claimed_at": NOW}
    numbers = {"id": 1, "priority": 0, "attempts": 1, "failures": 0}
    names = ("key", "task", "arguments", "queue_name", "owner", "worker_ids", "errors")
    return Claimed(**dict.fromkeys(names, ""), **times, **numbers)  # type: ignore[arg-type]


def test_a_job_is_done_only_when_what_it_did_is_durable(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempt = worker.running.Attempt(job(), None)
    monkeypatch.setattr(worker, "durable", course.durable)
    monkeypatch.setattr(worker, "_leave_no_transaction", course.note("close"))
    monkeypatch.setattr(worker.running, "perform", course.note("perform", attempt))
    monkeypatch.setattr(worker.running, "record", course.note("record"))
    Worker().run_job(job())
    assert course.steps == ["perform", "close", "durable primary", "record"]
    course.steps.clear()
    course.fails_at = 0
    with pytest.raises(CannotAcknowledge):
        Worker().run_job(job())
    assert course.steps == ["perform", "close"]


def test_nobody_is_called_before_what_was_recorded_is_durable(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe, "durable", course.durable)
    monkeypatch.setattr(stripe, "_client", course.note("client"))
    stripe.client()
    assert course.steps == ["durable primary", "client"]


def test_the_middleware_for_other_projects(course: Course, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "durable", course.durable)
    monkeypatch.setattr(middleware.watchdog, "start", course.note("watch"))
    answers = DurableAnswers(course.note("view", HttpResponse("thank you")))
    assert answers(RequestFactory().get("/")).status_code == 200
    assert course.steps == ["watch", "view", "durable"]
    course.fails_at = 1
    refused = answers(RequestFactory().get("/"))
    assert (refused.status_code, refused["Retry-After"]) == (503, "5")
    course.fails_at, course.steps = -1, []
    stream = DurableAnswers(course.note("view", StreamingHttpResponse(["a", "b"])))
    answer = stream(RequestFactory().get("/"))
    assert isinstance(answer, StreamingHttpResponse)
    assert list(answer) == [b"a", b"b"]
    assert course.steps == ["watch", "view", "durable", "durable", "durable"]


def test_a_mail_is_sent_only_when_what_it_says_is_durable(
    course: Course, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail, message = SimpleNamespace(state="waiting"), SimpleNamespace(send=course.note("send"))
    monkeypatch.setattr(mails, "durable", course.durable)
    monkeypatch.setattr(mails, "recorded", course.note("record", mail))
    monkeypatch.setattr(mails, "enclosures", lambda *_, **__: [])
    monkeypatch.setattr(mails, "compose", course.note("compose", message))
    monkeypatch.setattr(mails, "mark_sent", course.note("mark", True))
    order: Any = SimpleNamespace()
    assert mails.deliver(order, mails.KINDS["receipt"], now=NOW)
    assert course.steps == ["record", "compose", "durable", "send", "mark"]
    course.steps, course.fails_at = [], 0
    with pytest.raises(CannotAcknowledge):
        mails.deliver(order, mails.KINDS["receipt"], now=NOW)
    assert course.steps == ["record", "compose"]
