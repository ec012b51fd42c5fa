"""`bodega.databases` alone, in somebody else's Django project (tests/example_project)."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from bodega.databases.copies import open_reader
from tests.waiting import until

PROJECT = Path(__file__).parent / "example_project"
pytestmark = [pytest.mark.process, pytest.mark.slow]


def manage(directory: Path, *words: str) -> str:
    """Run the project's manage.py; what it printed."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "manage.py", *words],
        cwd=PROJECT,
        env=environment(directory),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def environment(directory: Path) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("BODEGA_")}
    own.pop("DJANGO_SETTINGS_MODULE", None)
    return own | {"GUESTBOOK_DIRECTORY": str(directory)}


@contextmanager
def serving(directory: Path) -> Iterator[tuple[subprocess.Popen[bytes], httpx.Client]]:
    """The project under gunicorn, and a client of it. Master and worker end by SIGKILL."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        bind = f"--bind=fd://{listener.fileno()}"
        server = subprocess.Popen(
            [sys.executable, "-m", "gunicorn", bind, "--threads=4", "guestbook.wsgi"],
            cwd=PROJECT,
            env=environment(directory),
            pass_fds=[listener.fileno()],
            start_new_session=True,
            stderr=subprocess.DEVNULL,
        )
        address = f"http://127.0.0.1:{listener.getsockname()[1]}"
    with httpx.Client(base_url=address, timeout=20) as client:
        try:
            yield server, client
        finally:
            os.killpg(server.pid, signal.SIGKILL)
            server.wait()


def sign_until_killed(client: httpx.Client, name: str, kept: list[str]) -> None:
    """A guest: what was acknowledged goes into `kept`."""
    for number in range(100_000):
        try:
            answer = client.post("/", data={"text": f"{name} {number}"})
        except httpx.HTTPError:
            return
        assert answer.status_code == 201, answer.text
        kept.append(f"{name} {number}")


def lost(kept: Iterable[str], found: list[str]) -> set[str]:
    """What was acknowledged and is not there."""
    return set(kept) - set(found)


def test_what_was_acknowledged_survives_sigkill(tmp_path: Path) -> None:
    manage(tmp_path, "migrate")
    kept: list[str] = []
    for life in range(3):
        enough = len(kept) + 40
        with serving(tmp_path) as (server, client):
            guests = [
                threading.Thread(target=sign_until_killed, args=(client, f"{life}/{number}", kept))
                for number in range(4)
            ]
            for guest in guests:
                guest.start()
            until(lambda: len(kept) >= enough or server.poll() is not None, 60)  # noqa: B023 - now
            os.killpg(server.pid, signal.SIGKILL)
            for guest in guests:
                guest.join(30)
        assert len(kept) >= enough
    with serving(tmp_path) as (_, client):
        found = client.get("/").json()["entries"]
    assert lost(kept, found) == set()
    assert len(found) == len(set(found))
    assert lost([*kept, "never sent"], found) == {"never sent"}


def test_a_command_keeps_all_or_nothing(tmp_path: Path) -> None:
    manage(tmp_path, "migrate")
    assert manage(tmp_path, "sign", "one", "two") == "kept 2\n"
    reader = open_reader(tmp_path / "guestbook.sqlite3")
    assert reader.execute("SELECT text FROM guestbook_entry").fetchall() == [("one",), ("two",)]
    assert reader.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    reader.close()


def test_nothing_of_the_shop_is_imported_or_installed(tmp_path: Path) -> None:
    program = (
        "import json, sys, guestbook.views\n"
        "from django.conf import settings\n"
        "print(json.dumps([sorted(sys.modules), settings.INSTALLED_APPS]))"
    )
    modules, installed = json.loads(manage(tmp_path, "shell", "--no-imports", "-c", program))
    ours = {".".join(name.split(".")[:2]) for name in modules if name.startswith("bodega.")}
    assert ours == {"bodega.databases", "bodega.lib"}
    assert installed == ["guestbook"]
    assert "stripe" not in modules


def test_the_engine_brings_its_system_checks(tmp_path: Path) -> None:
    assert "no issues" in manage(tmp_path, "check")
    program = (
        "from django.conf import settings; from django.core.management import call_command\n"
        "from django.db import connections\n"
        "connections['default'].settings_dict['ATOMIC_REQUESTS'] = True\n"
        "call_command('check')"
    )
    with pytest.raises(AssertionError, match=r"bodega\.databases\.E001"):
        manage(tmp_path, "shell", "--no-imports", "-c", program)
