"""A healthy shop in production, and copies of it to be harmed."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bodega.cli import doctor
from bodega.databases import mounts
from bodega.databases.journal import Journal

PRODUCTION = {
    "BODEGA_MODE": "production",
    "BODEGA_URL": "https://shop.example",
    "STRIPE_SECRET_KEY": "sk_live_for_tests",
    "STRIPE_WEBHOOK_SECRET": "whsec_for_tests",
}

Told = dict[str, dict[str, Any]]
Examine = Callable[..., tuple[int, Told]]


@pytest.fixture(scope="session")
def healthy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated volume with a journal, a backup and a rehearsal. Not to be touched."""
    folder = tmp_path_factory.mktemp("healthy")
    volume = folder / "shop"
    environment = os.environ | PRODUCTION | {"BODEGA_VOLUME": str(volume)}
    environment["BODEGA_BACKUP_DIR"] = str(folder / "backups")
    bodega = [sys.executable, "-m", "bodega"]
    for words in (["init"], ["backup"], ["backup", "--rehearse"]):
        subprocess.run([*bodega, *words], env=environment, check=True, capture_output=True)
    journal = Journal(volume / "journal", "orders")
    for number in range(5):
        journal.append({"event": "placed", "number": f"B{number}"})
        journal.sync()
    journal.close()
    return volume


@pytest.fixture
def shop(healthy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy, and the environment of its processes."""
    # Wherever the tests run: what a file system may be is `mounts`' own test.
    kind = mounts.kind_of(tmp_path, mounts.mounts() or [])
    monkeypatch.setattr(mounts, "LOCAL", mounts.LOCAL | {kind})
    volume = tmp_path / "shop"
    shutil.copytree(healthy, volume)
    for name, value in PRODUCTION.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("BODEGA_VOLUME", str(volume))
    monkeypatch.setenv("BODEGA_BACKUP_DIR", str(tmp_path / "backups"))
    return volume


@pytest.fixture
def examine(capsys: pytest.CaptureFixture[str]) -> Examine:
    """Run the doctor; its exit code, and what is not ok by id."""

    def run(*words: str) -> tuple[int, Told]:
        capsys.readouterr()
        code = doctor.run(["--json", *words])
        findings = json.loads(capsys.readouterr().out)["findings"]
        return code, {each["id"]: each for each in findings if each["level"] != "ok"}

    return run
