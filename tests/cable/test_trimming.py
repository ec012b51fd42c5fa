"""Forgetting old messages."""

import pytest

from bodega import cable
from bodega.cable import trimming
from bodega.cable.messages import Messages
from bodega.cable.trimming import BATCH, KEEP_SECONDS, forget_old_messages, trim

NOW = 1_000_000.0


def test_old_messages_go_and_young_ones_stay(messages: Messages) -> None:
    for age in (KEEP_SECONDS + 60, KEEP_SECONDS + 1, KEEP_SECONDS - 1, 0):
        cable.broadcast("a", "said", age, now=NOW - age)
    assert trim(now=NOW) == 2
    assert [m.data for m in messages.after(0, 10)] == [str(KEEP_SECONDS - 1), "0"]


def test_too_many_messages_are_cut_to_the_newest(
    messages: Messages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trimming, "KEEP_MESSAGES", 3)
    for number in range(10):
        cable.broadcast("a", "said", number, now=NOW)
    assert trim(now=NOW) == 7
    assert [m.data for m in messages.after(0, 10)] == ["7", "8", "9"]


def test_more_than_a_batch_is_deleted(messages: Messages) -> None:
    for _ in range(BATCH + 1):
        messages.append("a", "said", "1", 0.0)
    assert trim(now=NOW) == BATCH + 1


def test_publishing_never_trims(messages: Messages) -> None:
    for _ in range(3):
        cable.broadcast("a", "said", 1, now=0.0)
    assert len(messages.after(0, 10)) == 3


def test_the_recurring_task_trims(messages: Messages) -> None:
    cable.broadcast("a", "said", 1, now=0.0)
    assert forget_old_messages.call() == 1
