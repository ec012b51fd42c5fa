"""`bodega up` refuses before anything is opened, with the code of the table and one sentence."""

import subprocess
import sys
from pathlib import Path

import pytest

from bodega.cli import main
from bodega.databases.exits import Exit
from bodega.databases.layout import FILES
from tests.databases.newcomers import living


def up(*words: str) -> tuple[int, str]:
    """A process of its own, because a supervisor takes the signals and reaps everybody."""
    command = [sys.executable, "-m", "bodega", "up", "--port", "0", *words]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return done.returncode, done.stderr


def test_a_directory_that_is_no_volume(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BODEGA_VOLUME", str(tmp_path))
    assert main(["up", "--port", "0"]) == Exit.NOT_THIS_VOLUME
    assert "is not a volume" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.process
def test_a_volume_on_which_the_expected_generation_does_not_answer(
    volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BODEGA_VOLUME", str(volume))
    code, said = up("--expect-generation", "feedcafe")
    assert code == Exit.ABSENT_PEER
    assert "generation feedcafe is said to be live" in said
    assert "there is nobody" in said
    assert not any((volume / file.name).exists() for file in FILES.values())


@pytest.mark.process
def test_a_view_of_the_volume_that_its_living_generation_does_not_share(
    volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BODEGA_VOLUME", str(volume))
    with living(volume):
        (volume / "primary.sqlite3-wal").unlink()
        code, said = up()
    assert code == Exit.UNSEEN_PEER
    assert "It keeps serving" in said
