"""Publishing: what is written, what is refused, what fails soft."""

import json
import logging
import sqlite3
from typing import Any

import pytest

from bodega import cable
from bodega.cable import broadcasting
from bodega.cable.broadcasting import LARGEST_DATA
from bodega.cable.messages import Messages
from bodega.databases.doorbell import Waiter


def test_a_broadcast_is_one_row_and_a_ring(messages: Messages) -> None:
    before = cable.position()
    with Waiter("cable", messages.file.directory) as waiter:
        assert cable.broadcast("order:7", "paid", {"number": "№ 7", "total": 1234}) is True
        assert waiter.wait(10)
    (message,) = messages.after(before, 10)
    assert (message.channel, message.event) == ("order:7", "paid")
    assert json.loads(message.data) == {"number": "№ 7", "total": 1234}
    assert cable.position() == before + 1


def test_line_breaks_in_data_cannot_break_the_stream(messages: Messages) -> None:
    cable.broadcast("a", "said", {"text": "one\n\nevent: forged\r\ndata: x\u2028"})
    (message,) = messages.after(messages.last() - 1, 1)
    assert "\n" not in message.data
    assert "\r" not in message.data


@pytest.mark.parametrize(
    ("channel", "event", "data"),
    [
        ("", "said", 1),
        ("x" * 201, "said", 1),
        ("a", "", 1),
        ("a", "two\nlines", 1),
        ("a", "resync", 1),
        ("a", "said", float("nan")),
        ("a", "said", "x" * LARGEST_DATA),
    ],
)
def test_a_message_that_cannot_be_sent_is_a_mistake(
    messages: Messages, channel: str, event: str, data: Any
) -> None:
    with pytest.raises(ValueError, match=r"."):
        cable.broadcast(channel, event, data)
    assert messages.last() == messages.forgotten()


def test_data_must_be_json(messages: Messages) -> None:
    with pytest.raises(TypeError):
        cable.broadcast("a", "said", object())
    assert messages.last() == messages.forgotten()


def test_a_full_disk_never_breaks_the_caller(
    messages: Messages, caplog: pytest.LogCaptureFixture
) -> None:
    messages.file.connection().execute("PRAGMA max_page_count=5").fetchall()
    assert [cable.broadcast("a", "said", "x" * 60_000) for _ in range(3)] == [False] * 3
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "the disk is full" in record.getMessage()
    messages.file.connection().execute("PRAGMA max_page_count=10000").fetchall()
    assert cable.broadcast("a", "said", "x" * 60_000) is True


def test_a_damaged_file_costs_one_update_and_is_replaced(
    messages: Messages, caplog: pytest.LogCaptureFixture
) -> None:
    messages.file.forget()
    messages.file.path.write_bytes(b"\xaa" * 10_000)
    assert cable.broadcast("a", "said", 1) is True  # it was found damaged when it was opened
    assert messages.last() == messages.forgotten() + 1


def test_a_missing_volume_is_told_by_position_zero(
    messages: Messages, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("BODEGA_VOLUME", str(messages.file.directory / "unmounted"))
    assert cable.position() == 0
    assert cable.broadcast("a", "said", 1) is False
    assert "the volume's folder is missing" in caplog.text


def test_our_own_mistakes_are_raised(messages: Messages) -> None:
    with pytest.raises(sqlite3.ProgrammingError):
        broadcasting.complain(messages, sqlite3.ProgrammingError("wrong number of bindings"))
