import subprocess
import sys
from pathlib import Path

import pytest

from bodega import __version__
from bodega.cli import init, main
from bodega.databases.layout import FILES


def test_without_words_it_shows_help_that_fits_a_screen(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert "usage: bodega VERB" in shown
    assert shown.count("\n") < 24
    assert max(map(len, shown.splitlines())) <= 80


def test_it_knows_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out == f"bodega {__version__}\n"


def test_a_wrong_verb_gets_a_sentence_and_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["frobnicate"]) == 2
    assert "there is no verb 'frobnicate'" in capsys.readouterr().err


def test_help_needs_no_django() -> None:
    code = "import sys; from bodega.cli import main; main([]); assert 'django' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.process
def test_init_makes_the_four_files_and_keeps_them(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    shop = tmp_path / "shop"
    assert main(["init", str(shop), "--shop", "Prints"]) == 0
    first = capfd.readouterr().out
    assert "is a volume now" in first
    assert sorted(p.name for p in shop.glob("*.sqlite3")) == sorted(f.name for f in FILES.values())
    assert main(["init", str(shop)]) == 0
    assert "was a volume already" in capfd.readouterr().out


def test_init_says_why_a_place_cannot_be_a_volume(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    assert init.run([str(tmp_path / "file" / "shop")]) == 1
    assert "cannot be made a volume" in capsys.readouterr().err
