import asyncio
import time
from pathlib import Path

import pytest

from bodega.databases import pause
from bodega.web import pausing
from bodega.web.bridge import Receive, Scope, Send, refuse
from bodega.web.pausing import Gate
from tests.web.asking import Answer, ask, scope


async def page(_scope: Scope, _receive: Receive, send: Send) -> None:
    await refuse(send, 200, "page\n")


async def get(gate: Gate) -> Answer:
    return await ask(gate, scope("/"))


async def when(gate: Gate, held: int) -> None:
    while gate.held != held:
        await asyncio.sleep(0)


def test_who_comes_while_the_shop_is_paused_waits_and_is_answered(tmp_path: Path) -> None:
    async def story() -> tuple[int, int]:
        gate = Gate(page, tmp_path, patience=30.0)
        assert (await get(gate)).status == 200, "the gate is open without a pause"
        pause.begin(tmp_path, 60.0)
        waiting = [asyncio.ensure_future(get(gate)) for _ in range(3)]
        await when(gate, held=3)
        assert not any(each.done() for each in waiting)
        pause.end(tmp_path)
        statuses = [(await each).status for each in waiting]
        return sum(statuses), gate.held

    assert asyncio.run(story()) == (600, 0)


def test_who_has_waited_too_long_is_told_when_to_come_back(tmp_path: Path) -> None:
    async def story() -> Answer:
        pause.begin(tmp_path, 45.0)
        return await get(Gate(page, tmp_path, patience=0.0))

    answer = asyncio.run(story())
    assert answer.status == 503
    assert 40 <= int(answer.headers["retry-after"]) <= 45


def test_a_process_that_drains_holds_nobody(tmp_path: Path) -> None:
    async def story() -> Answer:
        gate = Gate(page, tmp_path, patience=30.0)
        pause.begin(tmp_path, 60.0)
        waiting = asyncio.ensure_future(get(gate))
        await when(gate, held=1)
        gate.drain()
        return await waiting

    began = time.monotonic()
    answer = asyncio.run(story())
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    assert time.monotonic() - began < 10


def test_only_so_many_wait(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pausing, "MOST_HELD", 1)

    async def story() -> int:
        gate = Gate(page, tmp_path, patience=30.0)
        pause.begin(tmp_path, 60.0)
        first = asyncio.ensure_future(get(gate))
        await when(gate, held=1)
        second = await get(gate)
        pause.end(tmp_path)
        assert (await first).status == 200
        return second.status

    assert asyncio.run(story()) == 503
