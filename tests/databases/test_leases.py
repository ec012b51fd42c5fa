import os
import subprocess
import sys
from pathlib import Path

import pytest

from bodega.databases.leases import Lease, is_held

HOLDER = """
import sys
from pathlib import Path
from bodega.databases.leases import Lease
lease = Lease("relay", Path(sys.argv[1]))
print(lease.acquire(what="test"), flush=True)
sys.stdin.read()
"""

FORKING_HOLDER = """
import os, sys
from pathlib import Path
from bodega.databases.leases import Lease
lease = Lease("relay", Path(sys.argv[1]))
lease.acquire()
if os.fork():
    os.wait()
else:
    print("forked", flush=True)
    sys.stdin.read()
"""


def test_only_one_holds_a_lease(volume: Path) -> None:
    one, other = Lease("relay", volume), Lease("relay", volume)
    assert one.acquire(release="1")
    assert one.held
    assert not other.acquire()
    assert is_held("relay", volume)
    one.release()
    assert other.acquire()
    other.release()
    assert not is_held("relay", volume)


def test_the_file_says_who_has_it(volume: Path) -> None:
    with Lease("relay", volume) as lease:
        assert f'"pid": {os.getpid()}' in lease.path.read_text()


@pytest.mark.process
def test_a_lease_is_free_the_moment_its_owner_is_killed(volume: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(volume)], stdout=subprocess.PIPE, stdin=subprocess.PIPE
    )
    assert owner.stdout is not None
    assert owner.stdout.readline() == b"True\n"
    assert is_held("relay", volume)
    owner.kill()
    owner.communicate()
    assert not is_held("relay", volume)


@pytest.mark.process
def test_a_forked_child_does_not_keep_its_parents_lease_alive(volume: Path) -> None:
    owner = subprocess.Popen(
        [sys.executable, "-c", FORKING_HOLDER, str(volume)],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
    )
    assert owner.stdout is not None
    assert owner.stdout.readline() == b"forked\n"
    assert is_held("relay", volume)  # the child let go of its copy only
    owner.kill()
    owner.wait()
    assert not is_held("relay", volume)  # although the child lives until its input ends
    owner.communicate()


def test_looking_whether_it_is_held_leaves_the_owners_text_alone(volume: Path) -> None:
    lease = Lease("relay", volume)
    lease.acquire(release="7")
    lease.release()
    assert not is_held("relay", volume)
    assert '"release": "7"' in lease.path.read_text()
    assert not is_held("never-taken", volume)
    assert not Lease("never-taken", volume).path.exists()
