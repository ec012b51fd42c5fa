"""`bodega up` as process 1 of a container: a PID namespace is the stand-in (design 6.3)."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.processes.family import command, descends, parents
from tests.processes.shop import opened
from tests.waiting import until

pytestmark = [pytest.mark.process, pytest.mark.slow]

DRAIN_SECONDS = 4
NAMESPACE = ["unshare", "--fork", "--pid", "--mount-proc", "--kill-child"]
# Leaves an orphan behind, which process 1 inherits, and becomes what follows.
ORPHANING = """
import os, sys, time
if os.fork() == 0:
    if os.fork() == 0:
        while not os.path.exists(sys.argv[1]):
            time.sleep(0.01)
    os._exit(0)
os.wait()
os.execv(sys.argv[2], sys.argv[2:])
"""


def unsharing() -> list[str]:
    rootless = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return [*NAMESPACE, *rootless]


def child_of(pid: int) -> int:
    return next(child for child, parent in parents().items() if parent == pid)


def state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]


def test_it_reaps_orphans_and_stops_within_its_limit(tmp_path: Path) -> None:
    word = tmp_path / "die"
    before = (*unsharing(), sys.executable, "-c", ORPHANING, str(word))
    with opened(tmp_path, before=before, BODEGA_DRAIN_SECONDS=str(DRAIN_SECONDS)) as shop:
        first = child_of(shop.process.pid)
        assert "up" in command(first)
        orphans = [
            pid
            for pid, parent in parents().items()
            if parent == first and word.name in str(command(pid))
        ]
        assert len(orphans) == 1, "the orphan has become a child of process 1"

        word.touch()
        until(lambda: not Path(f"/proc/{orphans[0]}").exists())
        zombies = [p for p, parent in parents().items() if parent == first and state(p) == "Z"]
        assert zombies == []
        assert shop.get("/up")[0] == 200

        known = parents()
        everybody = [pid for pid in known if descends(pid, first, known)]
        began = time.monotonic()
        os.kill(first, signal.SIGTERM)
        assert shop.process.wait(DRAIN_SECONDS + 5) == 0
        assert time.monotonic() - began < DRAIN_SECONDS + 2
        assert not any(Path(f"/proc/{pid}").exists() for pid in everybody)


def test_without_a_namespace_of_its_own_an_orphan_goes_elsewhere(tmp_path: Path) -> None:
    """The control: it is the namespace that hands orphans to us."""
    word = tmp_path / "die"
    sleeper = [sys.executable, "-c", ORPHANING, str(word), "/bin/sleep", "30"]
    process = subprocess.Popen(sleeper)
    until(lambda: command(process.pid)[:1] == ["/bin/sleep"])
    mine = [pid for pid, parent in parents().items() if parent == process.pid]
    process.kill()
    process.wait(10)
    word.touch()
    assert mine == []
