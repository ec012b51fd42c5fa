"""A name makes a folder, a path makes a volume."""

import subprocess
from pathlib import Path

import pytest

from bodega.cli import init, main


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Tables are another test's business; and the current folder is the test's own."""
    monkeypatch.setattr(init, "migrate", lambda _directory: True)
    monkeypatch.chdir(tmp_path)


def test_a_name_makes_a_folder_and_its_volume(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert init.run(["fine-prints", "--host", "prints.example"]) == 0
    assert (tmp_path / "fine-prints/shop.env").exists()
    assert '"shop": "Fine prints"' in (tmp_path / "fine-prints/storage/volume.json").read_text()
    said = capsys.readouterr().out
    assert "fine-prints/templates/parts/theme.html" in said
    assert said.splitlines()[-1].startswith("Next: cd fine-prints && ")


@pytest.mark.parametrize("path", ["./prints", "deep/er", "."])
def test_a_path_makes_only_a_volume(path: str, tmp_path: Path) -> None:
    assert init.run([path, "--shop", "Prints"]) == 0
    assert (tmp_path / path / "volume.json").exists()
    assert not list(tmp_path.rglob("shop.env"))


def test_nothing_makes_the_volume_that_the_environment_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BODEGA_VOLUME", str(tmp_path / "there"))
    assert init.run([]) == 0
    assert (tmp_path / "there/volume.json").exists()


def test_a_volume_is_not_taken_for_a_folder(capsys: pytest.CaptureFixture[str]) -> None:
    assert init.run(["./storage"]) == 0
    assert init.run(["storage"]) == 1
    assert "named by a path: ./storage" in capsys.readouterr().err


def test_a_folder_that_is_there_is_refused_in_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "prints").mkdir()
    (tmp_path / "prints/note").touch()
    assert init.run(["prints"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_settings_that_cannot_be_read_stop_every_verb(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "shop.env").write_text("nonsense\n")
    assert main(["init"]) == 1
    assert "shop.env, line 1: 'nonsense' is not NAME=value." in capsys.readouterr().err


def test_the_shell_programs_of_a_folder_can_be_read(tmp_path: Path) -> None:
    init.run(["prints"])
    for path in (tmp_path / "prints/bin").iterdir():
        done = subprocess.run(
            ["bash", "-n", str(path)], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), path
