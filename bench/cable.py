"""How fast is a live update? `python bench/cable.py [--rounds N] [--listeners N] [--json FILE]`

One process publishes, another listens with the real ASGI application and in-memory sockets; both read
the machine's clock. Peers in the same run: the same row in the same file noticed by polling every 100 ms
(what Solid Cable does), and a bare pipe between the two processes (the limit: no file, no framing).
Told are medians over the rounds, in milliseconds; on a noisy machine the ratios count, not the numbers.
"""

import argparse
import asyncio
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import bodega.databases  # noqa: F401 - first: one SQLite library in this process

MESSAGES = 100  # of one listener
BURSTS = 5  # publishes to all listeners
Heard = Callable[[int], None]  # told the nanosecond at which a message was published


@dataclass
class Row:
    """Medians over the rounds, in milliseconds; `idle_cpu` in percent of one core."""

    way: str
    listeners: int
    p50: float
    p99: float
    first: float
    last: float
    idle_cpu: float


def main() -> None:
    """Measure, print the table, write the JSON."""
    parser = argparse.ArgumentParser(description="How fast is a live update?")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--listeners", type=int, default=1_000)
    parser.add_argument("--json", type=Path)
    parser.add_argument("--publish", nargs=3, metavar=("WAY", "COUNT", "GAP"), help="(child)")
    options = parser.parse_args()
    if options.publish:
        way, count, gap = options.publish
        publish(way, int(count), float(gap))
        return
    runs: dict[tuple[str, int], list[Row]] = {}
    for _ in range(options.rounds):
        for way in WAYS:
            for listeners in (1, options.listeners):
                runs.setdefault((way, listeners), []).append(one_round(way, listeners))
    rows = [summarise(each) for each in runs.values()]
    print(table(rows))
    if options.json:
        options.json.write_text(json.dumps([asdict(row) for row in rows], indent=1) + "\n")


def one_round(way: str, listeners: int) -> Row:
    with tempfile.TemporaryDirectory() as volume:
        os.environ["BODEGA_VOLUME"] = volume
        count, gap = (MESSAGES, 0.03) if listeners == 1 else (BURSTS, 0.5)
        return asyncio.run(listen(way, listeners, count, gap))


async def listen(way: str, listeners: int, count: int, gap: float) -> Row:
    """Start the listeners, then the publisher in another process; how late everything came."""
    late: dict[int, list[float]] = {}
    done = asyncio.Event()

    def heard(published: int) -> None:
        late.setdefault(published, []).append((time.time_ns() - published) / 1e6)
        if len(late) == count and all(len(each) == listeners for each in late.values()):
            done.set()

    with subprocess_pipe() as (reading, writing):
        tasks = await WAYS[way](listeners, heard, reading)
        idle = await idle_cpu()
        child = subprocess.Popen(
            [sys.executable, __file__, "--publish", way, str(count), str(gap)],
            stdin=subprocess.DEVNULL,
            stdout=writing,
        )
        await asyncio.wait_for(done.wait(), 60)
        await asyncio.to_thread(child.wait)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    everything = sorted(ms for each in late.values() for ms in each)
    return Row(
        way,
        listeners,
        everything[len(everything) // 2],
        everything[len(everything) * 99 // 100],
        median(min(each) for each in late.values()),
        median(max(each) for each in late.values()),
        idle,
    )


async def idle_cpu(seconds: float = 1.0) -> float:
    cpu = time.process_time()
    await asyncio.sleep(seconds)
    return 100 * (time.process_time() - cpu) / seconds


@contextmanager
def subprocess_pipe() -> Iterator[tuple[int, int]]:
    reading, writing = os.pipe()
    try:
        yield reading, writing
    finally:
        os.close(reading)
        os.close(writing)


async def by_cable(listeners: int, heard: Heard, _pipe: int) -> list[asyncio.Task[None]]:
    """Our own: browsers on the ASGI application of /live/."""
    configure()
    from bodega import cable
    from bodega.cable.stream import Stream

    app, begun = Stream(), asyncio.Semaphore(0)
    query = f"channel={cable.sign('a')}".encode()
    scope = {"type": "http", "method": "GET", "query_string": query, "headers": []}

    async def receive() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {"type": "http.disconnect"}

    async def send(event: Any) -> None:
        body = event.get("body", b"")
        if b": here" in body:
            begun.release()
        for line in body.split(b"\n"):
            if line.startswith(b"data: "):
                heard(int(line[6:]))

    tasks = [asyncio.create_task(app(scope, receive, send)) for _ in range(listeners)]
    for _ in range(listeners):
        await begun.acquire()
    return tasks


async def by_polling(listeners: int, heard: Heard, _pipe: int) -> list[asyncio.Task[None]]:
    """The same file, looked at every 100 ms; each listener has its queue."""
    from bodega.cable.messages import messages_in

    messages = messages_in()
    position = messages.last()
    queues: list[asyncio.Queue[int]] = [asyncio.Queue() for _ in range(listeners)]

    async def read(queue: asyncio.Queue[int]) -> None:
        while True:
            heard(await queue.get())

    async def poll() -> None:
        nonlocal position
        while True:
            await asyncio.sleep(0.1)
            for message in messages.after(position, 500):
                position = message.id
                for queue in queues:
                    queue.put_nowait(int(message.data))

    return [asyncio.create_task(each) for each in (poll(), *map(read, queues))]


async def by_pipe(listeners: int, heard: Heard, pipe: int) -> list[asyncio.Task[None]]:
    """The limit: the publisher writes into a pipe, every listener is told in a loop."""
    loop = asyncio.get_running_loop()

    def readable() -> None:
        for line in os.read(pipe, 65_536).split():
            for _ in range(listeners):
                heard(int(line))

    async def until_cancelled() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            loop.remove_reader(pipe)

    loop.add_reader(pipe, readable)
    return [asyncio.create_task(until_cancelled())]


WAYS: dict[str, Callable[[int, Heard, int], Awaitable[list[asyncio.Task[None]]]]] = {
    "a bare pipe (limit)": by_pipe,
    "bodega.cable": by_cable,
    "polling every 100 ms": by_polling,
}


def publish(way: str, count: int, gap: float) -> None:
    """The child: say what time it is, `count` times, irregularly."""
    configure()
    from bodega import cable

    for _ in range(count):
        time.sleep(random.uniform(0.4, 1.6) * gap)
        if way == "a bare pipe (limit)":
            os.write(1, b"%d\n" % time.time_ns())
        elif not cable.broadcast("a", "said", time.time_ns()):
            raise SystemExit("the cable could not be used")


def configure() -> None:
    from django.conf import settings

    if not settings.configured:
        settings.configure(SECRET_KEY="only for measuring")


def summarise(rows: list[Row]) -> Row:
    columns = [
        round(median(getattr(row, name) for row in rows), 2)
        for name in ("p50", "p99", "first", "last", "idle_cpu")
    ]
    return Row(rows[0].way, rows[0].listeners, *columns)


def table(rows: list[Row]) -> str:
    lines = [
        "| way | listeners | p50 ms | p99 | first of all | last of all | idle CPU % |",
        "|---|---|---|---|---|---|---|",
    ]
    lines += ["| " + " | ".join(map(str, asdict(row).values())) + " |" for row in rows]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
