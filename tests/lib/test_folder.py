import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bodega.lib.folder import enter, find, read


@pytest.fixture(autouse=True)
def environment() -> Iterator[None]:
    """Each test begins without a volume and a folder, and leaves the environment as it was."""
    before = dict(os.environ)
    for name in ("BODEGA_VOLUME", "BODEGA_SHOP", "BODEGA_SHOP_SAID"):
        os.environ.pop(name, None)
    yield
    os.environ.clear()
    os.environ |= before


def folder(path: Path, settings: str = "", secrets: str | None = None) -> str:
    path.mkdir(parents=True)
    (path / "shop.env").write_text(settings)
    if secrets is not None:
        (path / "secrets.env").write_text(secrets)
    return str(path)


def test_the_environment_that_runs_says_which_folder_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    new, old, here = (folder(tmp_path / name) for name in ("new", "old", "here"))
    assert find("/usr", "/") is None
    assert find("/usr", here) == here
    monkeypatch.setenv("BODEGA_SHOP", old)
    assert find("/usr", here) == old
    assert find(f"{new}/.venv", here) == new, "a release brings its own"


def test_a_folder_without_settings_is_no_shops(tmp_path: Path) -> None:
    assert find(f"{tmp_path}/.venv", str(tmp_path)) is None


def test_its_settings_are_taken_where_nothing_is_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BODEGA_MODE", "production")
    shop = folder(tmp_path / "shop", "A_URL=a\nBODEGA_MODE=demo\nB_NAME=b\n", "B_NAME=secret\n")
    enter(shop)
    assert os.environ["BODEGA_SHOP"] == shop
    assert os.environ["BODEGA_VOLUME"] == f"{shop}/storage"
    assert (os.environ["A_URL"], os.environ["B_NAME"]) == ("a", "secret")
    assert os.environ["BODEGA_MODE"] == "production"


def test_a_volume_it_names_is_seen_from_the_folder(tmp_path: Path) -> None:
    enter(folder(tmp_path / "shop", "BODEGA_VOLUME=../data\n"))
    assert os.environ["BODEGA_VOLUME"] == f"{tmp_path}/shop/../data"


def test_a_newer_folder_changes_what_the_older_one_said_and_nothing_else(tmp_path: Path) -> None:
    enter(folder(tmp_path / "old", "A_URL=old\nGONE=old\n", "A_KEY=secret\n"))
    os.environ["B_NAME"] = "of the service"
    enter(folder(tmp_path / "new", "A_URL=new\nB_NAME=new\n"))
    assert os.environ["A_URL"] == "new"
    assert "GONE" not in os.environ
    assert os.environ["A_KEY"] == "secret", "a new folder has no secrets yet"
    assert os.environ["B_NAME"] == "of the service"
    assert os.environ["BODEGA_VOLUME"] == f"{tmp_path}/old/storage", "no deploy moves the shop"


def test_to_enter_again_changes_nothing(tmp_path: Path) -> None:
    shop = folder(tmp_path / "shop", "A_URL=a\n", "A_KEY=k\n")
    enter(shop)
    once = dict(os.environ)
    enter(shop)
    assert dict(os.environ) == once


def test_what_a_settings_file_may_look_like(tmp_path: Path) -> None:
    path = tmp_path / "shop.env"
    assert read(str(path)) == {}
    path.write_text("# a comment\n\n A=b=c \nB='two words'\nC=\"\"\nD=it's\nE=$HOME\n")
    assert read(str(path)) == {"A": "b=c", "B": "two words", "C": "", "D": "it's", "E": "$HOME"}


@pytest.mark.parametrize("line", ["export A=b", "just words", "A-B=c", "=b"])
def test_a_line_that_says_nothing_is_named(tmp_path: Path, line: str) -> None:
    path = tmp_path / "shop.env"
    path.write_text(f"A=b\n{line}\n")
    with pytest.raises(ValueError, match=r"shop.env, line 2: '.*' is not NAME=value"):
        read(str(path))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "shop.env").write_bytes(b"A=\xff\n")
    with pytest.raises(ValueError, match=r"shop.env cannot be read"):
        read(str(tmp_path / "shop.env"))


def test_it_costs_a_verb_no_module() -> None:
    code = "import sys; had = {*sys.modules}; import bodega.lib.folder; print({*sys.modules} - had)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert eval(done.stdout) <= {"bodega", "bodega.lib", "bodega.lib.folder"}
