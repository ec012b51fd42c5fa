import logging
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.web.views")]


@pytest.fixture
def answer() -> Any:
    browser = Client(raise_request_exception=False)
    return lambda said: browser.get("/failing/", {"said": said})


@pytest.mark.parametrize(
    ("said", "status", "sentence"),
    [
        ("missing", 404, "There is no such print."),
        ("denied", 403, "Only the shop&#x27;s owner may."),
        ("bad", 400, "That is no number."),
    ],
)
def test_a_sentence_for_the_visitor_is_shown(
    answer: Any, said: str, status: int, sentence: str
) -> None:
    response = answer(said)
    assert response.status_code == status
    assert sentence in response.content.decode()
    assert 'class="skip"' in response.content.decode(), "it looks like the shop"


def test_what_django_says_to_developers_is_not_shown(answer: Any) -> None:
    response = answer("model")
    assert response.status_code == 404
    assert "matches the given query" not in response.content.decode()


@pytest.mark.parametrize(("said", "reason"), [("locked", "writing"), ("full", "disk is full")])
def test_a_database_that_cannot_serve_just_now_is_503(
    answer: Any, said: str, reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        response = answer(said)
    assert response.status_code == 503
    assert response.headers["Retry-After"] == "5"
    assert "nothing was charged" in response.content.decode()
    assert reason in caplog.text


@pytest.mark.parametrize("said", ["bug", "sql"])
def test_a_bug_is_500_with_a_number_that_is_in_the_log(
    answer: Any, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        caplog.at_level(logging.ERROR),
        CaptureQueriesContext(
            connection,
        ) as queries,
    ):
        response = answer(said)
    assert response.status_code == 500
    (record,) = [r for r in caplog.records if r.name == "bodega.web.errors"]
    incident = str(record.args[0]) if isinstance(record.args, tuple) else ""
    assert f"Incident {incident}" in response.content.decode()
    assert len(queries) == 0, "the database may be what is broken"


def test_too_large_a_form_is_400_with_a_reason() -> None:
    from django.core.exceptions import RequestDataTooBig
    from django.test import RequestFactory

    from bodega.web.errors import bad_request

    response = bad_request(RequestFactory().get("/"), RequestDataTooBig("internal words"))
    assert "more in the form than this page takes" in response.content.decode()
    assert "internal words" not in response.content.decode()
