"""The supervisor: deaths after which nobody is started again."""

import signal
import sys
from collections.abc import Iterator

import pytest

from bodega.ops.supervisor import Child, Supervisor


def ends_with(code: int) -> Child:
    return Child("worker", [sys.executable, "-S", "-c", f"raise SystemExit({code})"])


@pytest.fixture
def handlers() -> Iterator[None]:
    """The signal handlers of this process, put back afterwards."""
    kept = {number: signal.getsignal(number) for number in (2, 15, 17)}
    wake = signal.set_wakeup_fd(-1)
    yield
    signal.set_wakeup_fd(wake)
    for number, handler in kept.items():
        signal.signal(number, handler)


def watched(child: Child, fatal: frozenset[int]) -> tuple[Supervisor, list[str]]:
    said: list[str] = []
    supervisor = Supervisor([child], said.append, fatal=fatal)
    supervisor.listen_to_signals()
    supervisor.start()
    for _ in range(100):
        supervisor.tick(0.1)
        if said:
            break
    return supervisor, said


@pytest.mark.process
@pytest.mark.usefixtures("handlers")
def test_a_process_whose_files_were_pulled_away_closes_the_shop() -> None:
    supervisor, said = watched(ends_with(82), frozenset({82}))
    assert supervisor.is_stopping
    assert supervisor.exit_code == 82
    assert said == ["worker ended with exit code 82; the shop closes. What it said is above."]


@pytest.mark.process
@pytest.mark.usefixtures("handlers")
def test_any_other_death_is_followed_by_a_new_start() -> None:
    supervisor, said = watched(ends_with(1), frozenset({82}))
    assert not supervisor.is_stopping
    assert supervisor.exit_code == 0
    assert "starting it again" in said[0]
    supervisor.stop(1.0)
