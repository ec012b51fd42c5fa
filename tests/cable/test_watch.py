"""Noticing that somebody has published."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from bodega.cable import watch
from bodega.cable.watch import Watch
from bodega.databases import doorbell

NEVER = 3600.0  # seconds: only the bell can be the reason


async def looked(directory: Path, every: float, then: Callable[[], object]) -> None:
    """Wait until a watch has looked, after doing `then`."""
    seen = asyncio.Event()
    found = Watch(directory, every, seen.set)
    then()
    try:
        await asyncio.wait_for(seen.wait(), 10)
    finally:
        found.close()


def test_it_looks_when_the_bell_rings(volume: Path) -> None:
    asyncio.run(looked(volume, NEVER, lambda: doorbell.ring("cable", volume)))


def test_it_looks_by_itself_because_a_ring_may_be_lost(volume: Path) -> None:
    asyncio.run(looked(volume, 0.01, lambda: None))


def test_without_inotify_it_looks_often(volume: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def nothing_left(*_: object) -> None:
        raise OSError("no inotify watch left")

    monkeypatch.setattr(watch, "Waiter", nothing_left)
    asyncio.run(looked(volume, NEVER, lambda: None))


def test_a_closed_watch_looks_no_more(volume: Path) -> None:
    async def story() -> list[int]:
        looks: list[int] = []
        closed = Watch(volume, 0.001, lambda: looks.append(1))
        closed.close()
        open_ = asyncio.Event()
        other = Watch(volume, NEVER, open_.set)
        doorbell.ring("cable", volume)
        await asyncio.wait_for(open_.wait(), 10)
        other.close()
        return looks

    assert asyncio.run(story()) == []
