"""Backups that happen by themselves: two lines of `settings.RECURRING`, once they have a place."""

import logging
import subprocess
import sys

from django_tasks import task

from bodega.databases.leases import is_held
from bodega.ops.backup.making import LEASE

log = logging.getLogger(__name__)


class BackupJobFailed(RuntimeError):
    """The process that makes backups failed; the message is what it said."""


@task
def make_backup() -> None:
    """Make one. At least once: a second one does no harm."""
    start("backup")


@task
def rehearse_backup() -> None:
    """Restore the newest one into scratch and compare."""
    start("backup", "--rehearse")


def start(*words: str) -> bool:
    """Run the verb in a process of its own; False when one is running already.

    Its own, because it needs memory, reads every page, and may open files by hand. Raises
    BackupJobFailed: the job is shown as failed.
    """
    if is_held(LEASE):
        log.info("A backup or rehearsal is running already; this tick is passed over.")
        return False
    command = [sys.executable, "-m", "bodega", *words]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BackupJobFailed((done.stderr or done.stdout).strip()[-2000:])
    log.info("%s", done.stdout.strip())
    return True
