import json
import logging
import sys
from collections.abc import Iterator

import pytest

from bodega.lib import logs


def record(message: str, *args: object) -> logging.LogRecord:
    return logging.LogRecord("bodega.cart", logging.WARNING, "x.py", 1, message, args, None)


@pytest.fixture
def in_a_request(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("BODEGA_GENERATION", "0123456789abcdef")
    logs.request.set("req-1")
    yield
    logs.request.set("")


@pytest.mark.usefixtures("in_a_request")
def test_a_line_names_generation_and_request() -> None:
    line = logs.Line().format(record("%d left", 3))
    assert line.endswith("WARNING bodega.cart: 3 left (generation 01234567, request req-1)")


def test_a_line_outside_of_both_says_nothing_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BODEGA_GENERATION", raising=False)
    assert logs.Line().format(record("hello")).endswith("WARNING bodega.cart: hello")


@pytest.mark.usefixtures("in_a_request")
def test_json_is_one_object_a_line_with_the_traceback_inside() -> None:
    about = record("two\nlines")
    try:
        raise ValueError("why")
    except ValueError:
        about.exc_info = sys.exc_info()
    line = logs.Json().format(about)
    assert "\n" not in line
    told = json.loads(line)
    assert told.pop("time").endswith("+00:00")
    assert told.pop("exception").endswith("ValueError: why")
    assert told == {
        "level": "WARNING",
        "who": "bodega.cart",
        "message": "two\nlines",
        "generation": "0123456789abcdef",
        "request": "req-1",
    }


def test_the_environment_chooses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BODEGA_LOG_FORMAT", raising=False)
    assert isinstance(logs.formatter(), logs.Line)
    monkeypatch.setenv("BODEGA_LOG_FORMAT", "json")
    assert isinstance(logs.formatter(), logs.Json)
