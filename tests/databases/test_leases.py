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
