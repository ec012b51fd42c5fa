"""Who hears what: replay, order, gaps, slow readers, a replaced file."""

import asyncio
import re
import sqlite3
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from bodega import cable
from bodega.cable import hub as hub_module
from bodega.cable.hub import Hub, Pace
from bodega.cable.messages import Messages
from bodega.cable.subscriber import Subscriber

T = TypeVar("T")
QUIET = Pace(heartbeat=3600, look=3600, queue=100)  # nothing happens but what the test does


def in_hub(messages: Messages, story: Callable[[Hub], Awaitable[T]], pace: Pace = QUIET) -> T:
    async def run() -> T:
        hub = Hub(messages, pace)
        try:
            return await story(hub)
        finally:
            hub._stop()

    return asyncio.run(run())


async def said(subscriber: Subscriber) -> list[str]:
    """The data of what waits for a subscriber; a resync is "resync"."""
    text = (await asyncio.wait_for(subscriber.next(), 10)).decode()
    return [
        "resync" if event == "resync" else data
        for event, data in re.findall(r"event: (.*)\ndata: (.*)\n", text)
    ]


def publish(*numbers: int, channel: str = "a") -> None:
    for number in numbers:
        cable.broadcast(channel, "said", number)


def test_only_the_channels_asked_for_are_heard(messages: Messages) -> None:
    async def story(hub: Hub) -> list[str]:
        subscriber = hub.join(["a", "b"])
        publish(1)
        publish(2, channel="c")
        publish(3, channel="b")
        hub.look()
        return await said(subscriber)

    assert in_hub(messages, story) == ["1", "3"]


def test_a_newcomer_hears_nothing_old(messages: Messages) -> None:
    async def story(hub: Hub) -> list[str]:
        publish(1)
        first = hub.join(["a"])
        publish(2)
        second = hub.join(["a"])  # the hub has not looked yet: 2 is old for this one
        hub.look()
        publish(3)
        hub.look()
        assert await said(first) == ["2", "3"]
        return await said(second)

    assert in_hub(messages, story) == ["3"]


def test_who_comes_back_gets_exactly_what_was_missed(messages: Messages) -> None:
    async def story(hub: Hub) -> None:
        hub.join(["a"])
        for left_at in range(10):
            before = cable.position()
            publish(left_at * 10, left_at * 10 + 1)
            again = hub.join(["a"], before)  # some of it read by the hub, some not
            publish(left_at * 10 + 2)
            hub.look()
            assert await said(again) == [str(left_at * 10 + n) for n in range(3)]
            hub.leave(again)

    in_hub(messages, story)


def test_who_missed_what_is_forgotten_resyncs(messages: Messages) -> None:
    async def story(hub: Hub) -> list[str]:
        before = cable.position()
        publish(1, 2, 3)
        messages.delete_beyond(2, 10)
        assert await said(hub.join(["a"], before + 1)) == ["2", "3"]
        return await said(hub.join(["a"], before))

    assert in_hub(messages, story) == ["resync"]


@pytest.mark.parametrize("distance", [-(10**13), -1, 5, 10**13])
def test_a_position_we_never_gave_resyncs(messages: Messages, distance: int) -> None:
    async def story(hub: Hub) -> list[str]:
        return await said(hub.join(["a"], cable.position() + distance))

    assert in_hub(messages, story) == ["resync"]


def test_who_missed_too_much_resyncs(messages: Messages) -> None:
    async def story(hub: Hub) -> list[str]:
        before = cable.position()
        publish(1, 2, 3, 4)
        assert await said(hub.join(["a"], before + 1)) == ["2", "3", "4"]
        return await said(hub.join(["a"], before))

    assert in_hub(messages, story, Pace(3600, 3600, queue=3)) == ["resync"]


def test_a_slow_reader_resyncs_and_holds_up_nobody(messages: Messages) -> None:
    async def story(hub: Hub) -> None:
        slow, quick = hub.join(["a"]), hub.join(["a"])
        heard = []
        await slow.next()
        for number in range(11):
            publish(number)
            hub.look()
            heard += await said(quick)
        assert heard == [str(number) for number in range(11)]
        assert await said(slow) == ["resync", "10"]  # three waited and were dropped, three times

    in_hub(messages, story, Pace(3600, 3600, queue=3))


def test_a_long_backlog_is_read_in_pieces(
    messages: Messages, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hub_module, "PIECE", 4)

    async def story(hub: Hub) -> list[str]:
        subscriber = hub.join(["a"])
        publish(*range(10))
        hub.look()
        heard: list[str] = []
        while len(heard) < 10:
            heard += await said(subscriber)
        return heard

    assert in_hub(messages, story) == [str(number) for number in range(10)]


def test_a_process_that_slept_while_messages_were_trimmed_resyncs(messages: Messages) -> None:
    async def story(hub: Hub) -> list[str]:
        subscriber = hub.join(["a"])
        publish(1, 2, 3)
        messages.delete_beyond(1, 10)
        hub.look()
        return await said(subscriber)

    assert in_hub(messages, story) == ["resync", "3"]


def test_a_replaced_file_resyncs_everybody(messages: Messages) -> None:
    async def story(hub: Hub) -> list[str]:
        subscriber = hub.join(["a"])
        publish(1)
        for suffix in ("", "-wal", "-shm"):
            path = messages.file.path
            path.with_name(path.name + suffix).unlink()
        hub.look()
        publish(2)
        hub.look()
        return await said(subscriber)

    assert in_hub(messages, story) == ["resync", "2"]


def test_a_file_made_anew_with_lower_numbers_resyncs_too(messages: Messages) -> None:
    async def story(hub: Hub) -> list[str]:
        subscriber = hub.join(["a"])
        await subscriber.next()
        messages.file.connection().execute("UPDATE sqlite_sequence SET seq = seq - 1000")
        hub.look()
        assert await said(subscriber) == ["resync"]
        publish(1)
        hub.look()
        return await said(subscriber)

    assert in_hub(messages, story) == ["1"]


def test_a_file_damaged_and_replaced_resyncs_everybody(
    messages: Messages, caplog: pytest.LogCaptureFixture
) -> None:
    async def story(hub: Hub) -> list[str]:
        subscriber = hub.join(["a"])
        await subscriber.next()
        publish(*range(200))
        messages.file.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        messages.file.forget()
        content = messages.file.path.read_bytes()
        messages.file.path.write_bytes(content[:4096] + b"\xaa" * (len(content) - 4096))
        hub.look()
        hub.look()
        return await said(subscriber)

    assert in_hub(messages, story) == ["resync"]
    assert "an empty one has taken its place" in caplog.text


def test_looking_again_without_news_tells_nobody_anything(messages: Messages) -> None:
    async def story(hub: Hub) -> list[str]:
        subscriber = hub.join(["a"])
        publish(1)
        hub.look()
        messages.delete_beyond(0, 10)  # read by then: nobody has missed it
        hub.look()
        return await said(subscriber)

    assert in_hub(messages, story) == ["1"]


def test_a_file_that_fails_is_read_again_later(
    messages: Messages, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        error = sqlite3.OperationalError("disk I/O error")
        error.sqlite_errorcode = sqlite3.SQLITE_IOERR
        raise error

    async def story(hub: Hub) -> list[str]:
        subscriber = hub.join(["a"])
        publish(1)
        with monkeypatch.context() as broken:
            broken.setattr(messages, "after", fail)
            hub.look()
            broken.setattr(messages, "last", fail)
            assert await said(hub.join(["a"], 7)) == ["resync"]
        hub.look()
        return await said(subscriber)

    assert in_hub(messages, story) == ["1"]
    assert "the disk reports an error" in caplog.text


def test_the_heart_beats(messages: Messages) -> None:
    async def story(hub: Hub) -> bytes:
        subscriber = hub.join(["a"])
        await subscriber.next()
        return await asyncio.wait_for(subscriber.next(), 10)

    assert in_hub(messages, story, Pace(heartbeat=0.01)).startswith(b": here\nid: ")


def test_the_last_one_out_switches_the_watch_off(messages: Messages) -> None:
    async def story(hub: Hub) -> None:
        one, two = hub.join(["a"]), hub.join(["a", "b"])
        hub.leave(one)
        assert (len(hub), hub._watch is None) == (1, False)
        hub.leave(two)
        assert (len(hub), hub._watch, hub._heart, hub._by_channel) == (0, None, None, {})
        publish(1)
        again = hub.join(["a"])
        publish(2)
        hub.look()
        assert await said(again) == ["2"]

    in_hub(messages, story)
