"""The audit that happens by itself each night: a line of `settings.RECURRING`."""

import subprocess
import sys

from django_tasks import task

ANSWERED = (0, 1, 2)  # an audit that finds something has done its work; doctor tells about it


class AuditFailed(RuntimeError):
    """The audit could not be made; the message is what its process said."""


@task
def audit_nightly() -> None:
    """Audit in a process of its own, which needs memory only while it lasts. Harmless twice.

    Raises AuditFailed: the job is shown as failed.
    """
    command = [sys.executable, "-m", "bodega", "audit", "--brief", "--remember"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in ANSWERED or done.stderr:
        raise AuditFailed((done.stderr or done.stdout).strip()[-2000:])
