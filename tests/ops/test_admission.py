"""A process that was started on its own asks what `bodega up` would have asked, and is refused alike."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bodega.databases.exits import Exit
from bodega.databases.generations import Generation
from bodega.databases.leftovers import settle
from bodega.databases.register import Register
from bodega.lib.clock import utc_now
from bodega.ops.admission import is_asked_for
from tests.databases.newcomers import living

ALONE = {
    "web": ["web", "--port", "0"],
    "worker": ["worker"],
}


def start(volume: Path, verb: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """Start it on a volume without tables: whoever is let in comes no further than that."""
    words = [sys.executable, "-m", "bodega", *ALONE[verb]]
    told = {**os.environ, "BODEGA_VOLUME": str(volume), **environment}
    return subprocess.run(words, env=told, capture_output=True, text=True, timeout=60, check=False)


@pytest.fixture
def generation(volume: Path) -> Generation:
    """This process is a generation of the volume."""
    return Generation(Register(volume), "a release")


def test_only_the_child_of_who_has_asked_is_let_in_without_questions(
    volume: Path, tmp_path: Path, generation: Generation
) -> None:
    assert is_asked_for(volume, generation.id, os.getpid())
    assert not is_asked_for(volume, generation.id, os.getppid())
    assert not is_asked_for(volume, "", os.getpid())
    assert not is_asked_for(volume, "feedcafe", os.getpid())
    assert not is_asked_for(tmp_path / "elsewhere", generation.id, os.getpid())
    generation.leave()
    assert not is_asked_for(volume, generation.id, os.getpid())


@pytest.mark.process
@pytest.mark.parametrize("verb", ALONE)
def test_what_up_would_refuse_is_refused(volume: Path, verb: str) -> None:
    other = start(volume, verb, BODEGA_VOLUME_ID="another")
    assert other.returncode == Exit.NOT_THIS_VOLUME
    assert f"bodega {verb}: " in other.stderr
    assert "Is the right one mounted?" in other.stderr


@pytest.mark.process
@pytest.mark.parametrize("verb", ALONE)
def test_a_generation_that_is_not_seen_as_it_must_be(volume: Path, verb: str) -> None:
    with living(volume):
        (volume / "primary.sqlite3-wal").unlink()
        done = start(volume, verb, BODEGA_GENERATION="feedcafe")  # handed on by somebody
    assert done.returncode == Exit.UNSEEN_PEER
    assert "It keeps serving" in done.stderr


@pytest.mark.process
def test_what_was_put_aside_is_looked_into_first_and_then_it_starts(volume: Path) -> None:
    (volume / "primary.sqlite3").touch()
    left = Generation(Register(volume), "a release")
    left.tell("live")
    left.leave()
    folder = volume / "salvage" / "20261125-primary"
    folder.mkdir(parents=True)
    (volume / "new").touch()
    (volume / "new").rename(volume / "primary.sqlite3")
    assert start(volume, "worker").returncode == Exit.UNSETTLED
    settle(folder, "looked at", utc_now())
    done = start(volume, "worker")
    assert done.returncode == 1
    assert "has no table jobs_job yet" in done.stderr


LOADED = """
import json, sys
import bodega.databases
SECOND
from bodega.cli import main
sys.exit(main(json.loads(sys.argv[1])))
"""
# The guard of imports is what somebody has to get past first.
SECOND = "sys.meta_path.pop(0); import _sqlite3"


def with_second(volume: Path, verb: str, second: str) -> "subprocess.CompletedProcess[str]":
    code = LOADED.replace("SECOND", second)
    words = [sys.executable, "-c", code, json.dumps(ALONE[verb])]
    told = {**os.environ, "BODEGA_VOLUME": str(volume)}
    return subprocess.run(words, env=told, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.process
@pytest.mark.parametrize("verb", ALONE)
def test_a_second_library_ends_the_start_with_its_exit_code(volume: Path, verb: str) -> None:
    done = with_second(volume, verb, SECOND)
    assert done.returncode == Exit.TWO_LIBRARIES
    assert f"bodega {verb}: A second SQLite library is loaded" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.process
def test_without_it_the_worker_comes_further(volume: Path) -> None:
    assert with_second(volume, "worker", "").returncode == 1


@pytest.mark.process
def test_pythons_own_library_is_refused_by_every_verb(volume: Path) -> None:
    code = "import sqlite3, sys; from bodega.cli import main; sys.exit(main(['doctor']))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == Exit.TWO_LIBRARIES
    assert done.stderr.startswith("bodega doctor: Python's own sqlite3 was imported before")
