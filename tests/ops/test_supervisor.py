"""The supervisor with real children: small Python programs."""

import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bodega.ops.supervisor import FIRST_PAUSE, HEALTHY_SECONDS, LONGEST_PAUSE, Child, Supervisor
from tests.waiting import until

pytestmark = pytest.mark.process

PATIENT = "import time; time.sleep(60)"
DEAF = """
import os, signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.write(int(sys.argv[1]), b"deaf")
time.sleep(60)
"""


@pytest.fixture
def handlers() -> Iterator[None]:
    """Leaves the test process's signals as they were."""
    numbers = (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    signal.set_wakeup_fd(-1)
    for number, handler in before.items():
        signal.signal(number, handler)


def child(program: str, name: str = "child", **values: object) -> Child:
    return Child(name, [sys.executable, "-c", program], **values)  # type: ignore[arg-type]  # as given


@pytest.fixture
def said() -> list[str]:
    return []


def supervising(children: list[Child], said: list[str]) -> Supervisor:
    supervisor = Supervisor(children, said.append)
    supervisor.listen_to_signals()
    supervisor.start()
    return supervisor


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.usefixtures("handlers")
def test_a_killed_child_is_started_again_and_it_is_said(said: list[str]) -> None:
    one = child(PATIENT, "worker")
    supervisor = supervising([one], said)
    first = one.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)

    def came_back() -> bool:
        supervisor.tick(0.05)
        return one.pid not in {None, first}

    until(came_back)
    assert said == ["worker was ended by SIGKILL; starting it again in 0.1 s."]
    assert supervisor.stop(10)
    assert one.pid is None


@pytest.mark.usefixtures("handlers")
def test_a_child_that_keeps_dying_is_started_ever_more_slowly(said: list[str]) -> None:
    now = 0.0
    one = child("raise SystemExit(3)", "web")
    supervisor = Supervisor([one], said.append, clock=lambda: now)
    supervisor.listen_to_signals()
    for _ in range(9):
        one.start(now)
        assert one.process is not None
        os.waitid(os.P_PID, one.process.pid, os.WEXITED | os.WNOWAIT)
        supervisor._reap()
        now = one.due
    pauses = [float(line.rsplit(" ", 2)[1]) for line in said]
    assert pauses[:4] == [0.1, 0.2, 0.4, 0.8]
    assert pauses[-1] == LONGEST_PAUSE
    assert "web ended with exit code 3" in said[0]
    one.start(now)
    assert one.process is not None
    one.process.wait(10)
    now += HEALTHY_SECONDS
    assert one.bury(now) == FIRST_PAUSE, "one that lived well is started again at once"


@pytest.mark.usefixtures("handlers")
def test_sigterm_to_the_supervisor_means_stop(said: list[str]) -> None:
    one, two = child(PATIENT), child(PATIENT)
    supervisor = supervising([one, two], said)
    os.kill(os.getpid(), signal.SIGTERM)
    supervisor.tick(10)
    assert supervisor.is_stopping
    assert supervisor.stop(10)
    assert (one.pid, two.pid) == (None, None)
    assert said == []


@pytest.mark.usefixtures("handlers")
def test_a_child_that_does_not_stop_is_killed_and_named(said: list[str]) -> None:
    reading, writing = os.pipe()
    words = [sys.executable, "-c", DEAF, str(writing)]
    deaf = Child("worker", words, inherited=(writing,))
    supervisor = supervising([deaf], said)
    ready, _, _ = select.select([reading], [], [], 10)
    assert ready
    assert not supervisor.stop(0.2)
    assert said == ["worker did not stop within 0.2 s and was killed."]
    assert deaf.pid is None
    os.close(reading)
    os.close(writing)


@pytest.mark.usefixtures("handlers")
def test_children_of_others_are_reaped_too(said: list[str]) -> None:
    supervisor = supervising([], said)
    stranger = subprocess.Popen([sys.executable, "-c", ""])

    def reaped() -> bool:
        supervisor.tick(0.05)
        return not is_alive(stranger.pid)

    until(reaped)
    stranger.returncode = 0
    assert said == []


def test_children_die_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    told = tmp_path / "pid"
    program = f"""
import sys
from pathlib import Path
from bodega.ops.supervisor import Child, Supervisor
child = Child("child", [sys.executable, "-c", {PATIENT!r}])
supervisor = Supervisor([child])
supervisor.start()
Path({str(told)!r}).write_text(str(child.pid))
supervisor.tick(60)
"""
    parent = subprocess.Popen([sys.executable, "-c", program])
    until(lambda: told.exists() and told.read_text())
    pid = int(told.read_text())
    assert is_alive(pid)
    parent.kill()
    parent.wait(10)
    until(lambda: not is_alive(pid) or _is_zombie(pid))


def _is_zombie(pid: int) -> bool:
    """Nobody may be there to reap an orphan where the tests run."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
    except FileNotFoundError:
        return True
