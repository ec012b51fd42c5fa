"""Other processes that have a shop's files open."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

OPEN = """
import sys
from pathlib import Path
from bodega.databases.opening import open_file
connection = open_file("primary", Path(sys.argv[1]))
connection.execute("SELECT count(*) FROM sqlite_schema").fetchall()
print("open", flush=True)
sys.stdin.read()
"""


@contextmanager
def process_that_has_open(volume: Path) -> Iterator[int]:
    """Its pid. It does nothing, and ends with the block."""
    words = [sys.executable, "-c", OPEN, str(volume)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        yield process.pid
        process.communicate(timeout=10)
