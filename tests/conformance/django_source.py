"""Django's own tests: they are in its source distribution, not in the installed package."""

import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

import django

BUILD = Path(__file__).parents[2] / "build" / "conformance"


def django_tests() -> Path:
    """The `tests` directory of exactly the Django that is installed; downloaded once, into build/.

    Raises SystemExit with a sentence when pip cannot fetch it.
    """
    name = f"django-{django.get_version()}"
    tests = BUILD / name / "tests"
    if not tests.is_dir():
        BUILD.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=BUILD) as scratch:
            archive = _download(f"Django=={django.get_version()}", Path(scratch))
            with tarfile.open(archive) as source:
                source.extractall(Path(scratch) / "source", filter="data")
            (unpacked,) = (Path(scratch) / "source").iterdir()
            unpacked.rename(BUILD / name)  # in one step: a broken download leaves nothing behind
    return tests


def _download(requirement: str, folder: Path) -> Path:
    # pip asks a source distribution for its metadata; the environment's own setuptools answers, so
    # nothing but this one archive is fetched.
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"]
    how = ["--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--dest", str(folder)]
    done = subprocess.run([*pip, *how, requirement], check=False, capture_output=True, text=True)
    archives = list(folder.glob("*.tar.gz"))
    if done.returncode != 0 or not archives:
        raise SystemExit(
            f"conformance: pip could not download the source of {requirement}.\n{done.stderr}"
        )
    return archives[0]
