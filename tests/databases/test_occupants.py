import subprocess
import sys
from pathlib import Path

import pytest

from bodega.databases.layout import FILES
from bodega.databases.leases import Lease
from bodega.databases.occupants import locked_by, occupants
from bodega.databases.opening import open_file
from tests.ops.backup.processes import process_that_has_open


@pytest.fixture
def shop(volume: Path) -> Path:
    for role in FILES:
        open_file(role, volume).close()
    return volume


@pytest.mark.process
def test_a_process_is_seen_for_as_long_as_it_has_a_file_open(shop: Path) -> None:
    assert occupants(shop) == []
    with process_that_has_open(shop) as pid:
        (told,) = occupants(shop)
        assert told.startswith(f"primary.sqlite3 is in use by process {pid} (")
    assert occupants(shop) == []


@pytest.mark.process
def test_a_process_of_another_pid_namespace_is_seen_too(shop: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from bodega.databases.opening import open_file;"
        "c = open_file('queue', Path(sys.argv[1])); c.execute('SELECT * FROM sqlite_schema').fetchall();"
        "print('open', flush=True); sys.stdin.read()"
    )
    words = ["unshare", "--pid", "--fork", "--kill-child", sys.executable, "-c", code]
    with subprocess.Popen(
        [*words, str(shop)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        (told,) = occupants(shop)
        assert told.startswith("queue.sqlite3 is in use by")
        process.communicate(timeout=10)


def test_a_lease_is_named(shop: Path) -> None:
    with Lease("relay", shop):
        assert occupants(shop) == ["somebody holds the lease 'relay'"]
    assert occupants(shop) == []


def test_a_file_that_is_not_there_is_locked_by_nobody(tmp_path: Path) -> None:
    assert locked_by(tmp_path / "nothing") is None
    assert occupants(tmp_path) == []
