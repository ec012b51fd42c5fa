"""Backups that happen by themselves: a line of `settings.RECURRING`, once they have a place.

A rehearsal follows a backup once a week: one job for both, so that they never meet.
"""

import logging
import subprocess
import sys
from datetime import datetime, timedelta

from django.conf import settings
from django_tasks import task

from bodega.databases.leases import is_held
from bodega.lib.clock import utc_now
from bodega.ops.backup.history import history
from bodega.ops.backup.making import LEASE

log = logging.getLogger(__name__)

REHEARSE_EVERY = timedelta(days=7)


class BackupJobFailed(RuntimeError):
    """The process that makes backups failed; the message is what it said."""


@task
def make_backup() -> None:
    """Make one, and restore it on trial when that is due. At least once: a second one does no harm."""
    if start("backup") and is_rehearsal_due(utc_now()):
        start("backup", "--rehearse")


def is_rehearsal_due(now: datetime) -> bool:
    """Whether the last good rehearsal is a week old, or there was none."""
    last = history(settings.VOLUME, "rehearsal").last_good
    return last is None or now - last.moment >= REHEARSE_EVERY


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
