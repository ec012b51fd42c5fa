"""Whole families of processes are seen, and ended at once."""

import os
import signal
import subprocess
import sys

import pytest

from bodega.ops.drill.storm.kernel import children, family, kill_family
from tests.waiting import until

pytestmark = pytest.mark.process

# A process with a child that would end in good order, if it were asked to.
PARENT = """
import subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; print('up', flush=True); time.sleep(600)"])
time.sleep(600)
"""


def test_everybody_who_descends_is_killed_and_nobody_is_asked() -> None:
    process = subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline() == b"up\n"
    parent, child = family(process.pid)
    assert (parent, [child]) == (process.pid, children(process.pid))
    kill_family(process.pid)
    assert process.wait(10) == -signal.SIGKILL
    assert process.stdout.read() == b"", "whoever held the pipe is gone"
    process.stdout.close()
    assert family(process.pid) == [process.pid]


def test_who_is_gone_has_no_children_and_cannot_be_killed() -> None:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait(10)
    assert children(process.pid) == []
    kill_family(process.pid)
    until(lambda: not os.path.exists(f"/proc/{process.pid}"))
