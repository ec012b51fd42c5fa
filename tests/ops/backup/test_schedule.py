import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from bodega.databases.leases import Lease
from bodega.jobs.registry import find_task
from bodega.lib.clock import utc_now
from bodega.ops.backup import schedule
from bodega.ops.backup.history import Outcome, note
from bodega.ops.backup.making import LEASE
from bodega.ops.backup.schedule import BackupJobFailed

LINES = "from bodega import settings; print([l for l in settings.RECURRING if 'backup' in l[0]])"


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Commands instead of processes; they succeed."""
    commands: list[list[str]] = []

    def run(command: list[str], **_: Any) -> "subprocess.CompletedProcess[str]":
        commands.append(command[1:])
        return subprocess.CompletedProcess(command, 0, "done", "")

    monkeypatch.setattr(subprocess, "run", run)
    return commands


def test_a_job_starts_the_process_and_a_rehearsal_when_it_is_due(
    started: list[list[str]], volume: Path, settings: Any
) -> None:
    settings.VOLUME = volume
    schedule.make_backup.call()
    assert started == [["-m", "bodega", "backup"], ["-m", "bodega", "backup", "--rehearse"]]
    at = utc_now()
    note(volume, "rehearsal", Outcome(at.isoformat(), True, "name", "/backups", "Fine.", 1.0))
    assert not schedule.is_rehearsal_due(at + timedelta(days=6))
    assert schedule.is_rehearsal_due(at + timedelta(days=7))
    started.clear()
    schedule.make_backup.call()
    assert started == [["-m", "bodega", "backup"]]


def test_while_one_runs_no_second_is_started(started: list[list[str]]) -> None:
    with Lease(LEASE, Path(settings.VOLUME)):
        assert schedule.start("backup") is False
    assert started == []
    assert schedule.start("backup") is True


def test_what_the_process_complains_about_fails_the_job(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = subprocess.CompletedProcess([], 1, "", "bodega backup: no space\n")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: failed)
    with pytest.raises(BackupJobFailed, match="no space"):
        schedule.make_backup.call()


@pytest.mark.process
def test_the_scheduler_knows_the_jobs_only_when_there_is_a_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert lines() == "[]"
    monkeypatch.setenv("BODEGA_BACKUP_DIR", str(tmp_path))
    monkeypatch.setenv("BODEGA_BACKUP_HOURS", "6")
    assert "('bodega.ops.backup.schedule.make_backup', 21600)" in lines()
    assert find_task("bodega.ops.backup.schedule.make_backup")


def lines() -> str:
    done = subprocess.run([sys.executable, "-c", LINES], check=True, capture_output=True, text=True)
    return done.stdout.strip()
