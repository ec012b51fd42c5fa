"""One listener's queue."""

import asyncio

from bodega.cable import frames
from bodega.cable.subscriber import Subscriber


def test_everything_that_waits_comes_in_one_piece() -> None:
    async def story() -> bytes:
        subscriber = Subscriber(["a"], 0, bound=10)
        subscriber.put(b"one", 1)
        subscriber.put(b"two", 2)
        return await subscriber.next()

    assert asyncio.run(story()) == b"onetwo"


def test_a_waiting_reader_is_woken() -> None:
    async def story() -> bytes:
        subscriber = Subscriber(["a"], 0, bound=10)
        reading = asyncio.create_task(subscriber.next())
        await asyncio.sleep(0)
        subscriber.put(b"one", 1)
        return await reading

    assert asyncio.run(story()) == b"one"


def test_a_full_queue_becomes_one_resync_and_goes_on() -> None:
    async def story() -> bytes:
        subscriber = Subscriber(["a"], 0, bound=3)
        for number in range(1, 6):
            subscriber.put(f"<{number}>".encode(), number)
        return await subscriber.next()

    assert asyncio.run(story()) == frames.resync(4) + b"<5>"


def test_the_heart_beats_only_for_who_has_nothing_to_read() -> None:
    async def story() -> list[bytes]:
        subscriber = Subscriber(["a"], 5, bound=3)
        subscriber.beat(3)
        first = await subscriber.next()
        subscriber.put(b"news", 6)
        subscriber.beat(7)
        return [first, await subscriber.next()]

    assert asyncio.run(story()) == [frames.at(5), b"news"]


def test_the_end_comes_after_what_waits_and_only_once() -> None:
    async def story() -> tuple[list[int], bytes, bytes]:
        ends: list[int] = []
        subscriber = Subscriber(["a"], 0, bound=3)
        subscriber.on_end = lambda: ends.append(1)
        subscriber.put(b"news", 1)
        subscriber.end(b"bye")
        subscriber.end(b"bye again")
        return ends, await subscriber.next(), await subscriber.next()

    assert asyncio.run(story()) == ([1], b"newsbye", b"")
