"""The layer law holds, and its guard can fail."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def lint(directory: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter with the project's contracts on the packages below `directory`."""
    code = (
        "import sys; sys.path[:0] = ['src']; import importlinter.cli as c; c.lint_imports_command()"
    )
    words = [sys.executable, "-c", code, "--config", "pyproject.toml", "--no-cache"]
    return subprocess.run(words, cwd=directory, capture_output=True, text=True, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the sources in which a test may break the law."""
    shutil.copytree(
        ROOT / "src", tmp_path / "src", ignore=shutil.ignore_patterns("*.webp", "static")
    )
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("room", "illegal"),
    [
        ("databases", "import bodega.catalog.models"),
        ("jobs", "import bodega.outbox"),
        ("orders", "import bodega.payments.models"),
        ("cart", "import stripe"),
        ("lib", "import fakestripe"),
    ],
)
def test_an_import_against_the_law_is_found(copy: Path, room: str, illegal: str) -> None:
    (copy / "src" / "bodega" / room / "smuggled.py").write_text(f"{illegal}\n")
    done = lint(copy)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "BROKEN" in done.stdout
    assert f"bodega.{room}.smuggled" in done.stdout


@pytest.mark.slow
def test_the_house_keeps_the_law(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout + done.stderr
