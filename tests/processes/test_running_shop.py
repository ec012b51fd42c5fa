"""What is true of a shop that runs, seen from outside."""

import subprocess
import sys
from pathlib import Path

import pytest

from bodega.databases import pragmas
from bodega.databases.layout import FILES
from bodega.ops import smoke
from tests.processes.conftest import RunningShop

pytestmark = [pytest.mark.process, pytest.mark.xdist_group("running shop")]

READ_BACK = """
import json, sys
from pathlib import Path
from bodega.databases import pragmas
from bodega.databases.opening import open_file
found = []
for role in ("primary", "cache", "queue", "cable"):
    connection = open_file(role, Path(sys.argv[1]))
    found += pragmas.mismatches(connection, role)
    connection.close()
print(json.dumps(found))
"""


def test_a_guest_buys_a_print_without_javascript(running_shop: RunningShop) -> None:
    number = smoke.buy_one_print(running_shop.url)
    assert number.startswith("BP-")


def test_four_files_are_there_in_wal_mode_with_their_pragmas(running_shop: RunningShop) -> None:
    found = sorted(path.name for path in running_shop.volume.glob("*.sqlite3"))
    assert set(found) >= {file.name for file in FILES.values()}
    for file in FILES.values():
        header = subprocess.run(
            ["head", "-c", "20", running_shop.volume / file.name], capture_output=True, check=True
        ).stdout
        assert header[18:20] == b"\x02\x02", f"{file.name} is not in WAL mode"
        assert Path(f"{running_shop.volume / file.name}-wal").exists()
    words = [sys.executable, "-c", READ_BACK, str(running_shop.volume)]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
    assert all(pragmas.table(role)["journal_mode"][1] == "wal" for role in FILES)
