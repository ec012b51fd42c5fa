import threading
from collections.abc import Iterator
from typing import cast

import pytest

from bodega.jobs.claim import Claimed
from bodega.jobs.crew import Crew
from tests.waiting import until

NEVER = threading.Event()


class Floor:
    """What the crew of a test works at."""

    def __init__(self) -> None:
        self.doors: dict[str, threading.Event] = {}
        self.ended: list[str] = []
        self.waiting: list[str] = []
        self.crew = Crew(2, self.run, self.more)
        self.crew.start()

    def hand_over(self, name: str) -> None:
        self.crew.hand_over(self.job(name))

    def job(self, name: str) -> Claimed:
        self.doors[name] = threading.Event()
        return cast(Claimed, type("Job", (), {"key": name}))

    def more(self) -> Claimed | None:
        return self.job(self.waiting.pop()) if self.waiting else None

    def run(self, job: Claimed) -> None:
        self.doors[job.key].wait(10)
        self.ended.append(job.key)
        if job.key == "bad":
            raise RuntimeError("the worker's own trouble")


@pytest.fixture
def floor() -> Iterator[Floor]:
    floor = Floor()
    yield floor
    for door in floor.doors.values():
        door.set()
    assert floor.crew.finish(10, NEVER) == 0
    floor.crew.dismiss()


def test_it_knows_how_many_are_idle(floor: Floor) -> None:
    floor.hand_over("a")
    floor.hand_over("b")
    assert (floor.crew.idle, floor.crew.busy) == (0, 2)
    floor.doors["a"].set()
    until(lambda: floor.crew.idle == 1)
    assert floor.ended == ["a"]


def test_a_thread_outlives_what_goes_wrong(floor: Floor, caplog: pytest.LogCaptureFixture) -> None:
    for name in ("bad", "good"):
        floor.hand_over(name)
        floor.doors[name].set()
    until(lambda: floor.crew.idle == 2)
    assert sorted(floor.ended) == ["bad", "good"]
    assert "Running job bad failed in the worker itself" in caplog.text


def test_who_has_ended_a_job_takes_the_next_and_is_not_idle_in_between(floor: Floor) -> None:
    floor.waiting = ["second", "bad"]
    floor.hand_over("first")
    for name in ("first", "bad", "second"):
        until(lambda name=name: name in floor.doors)  # type: ignore[misc]  # its own name
        assert floor.crew.busy == 1
        floor.doors[name].set()
    until(lambda: floor.crew.idle == 2)
    assert floor.ended == ["first", "bad", "second"]


def test_waiting_for_the_end_has_an_end(floor: Floor) -> None:
    floor.hand_over("long")
    assert floor.crew.finish(0.01, NEVER) == 1
    cut = threading.Event()
    cut.set()
    assert floor.crew.finish(1000, cut) == 1
    floor.doors["long"].set()
    assert floor.crew.finish(10, NEVER) == 0
