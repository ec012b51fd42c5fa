"""The rows of queue.sqlite3, for migrations, the admin and whoever looks at a job.

The hot path (`insertion`, `claim`) speaks SQL on the connection itself: `objects.create` costs ten times
what the INSERT costs (design 4.1).
"""

from datetime import datetime

from django.db import models
from django.db.models import Q

from bodega.jobs import liveness


class Job(models.Model):
    """One piece of work: a task's dotted path, plain JSON, and what became of it.

    It runs at least once: a worker that dies in the middle is no proof that nothing happened, so a task
    must bear being run again.
    """

    class State(models.TextChoices):
        READY = "ready", "Waiting"
        RUNNING = "running", "Running"
        DONE = "done", "Done"
        FAILED = "failed", "Failed"
        DISCARDED = "discarded", "Discarded"

    key = models.CharField(
        max_length=255,
        unique=True,
        editable=False,
        help_text="The result's id, and what makes inserting the same thing twice one job.",
    )
    task = models.CharField(max_length=200, help_text="Dotted path of the task.")
    arguments = models.JSONField(help_text='{"args": […], "kwargs": {…}}')
    queue_name = models.CharField(max_length=64, default="default")
    priority = models.SmallIntegerField(default=0, help_text="−100 to 100; higher runs first.")
    state = models.CharField(max_length=10, choices=State, default=State.READY)
    run_after = models.DateTimeField(help_text="Not before this moment.")
    enqueued_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True, help_text="The first attempt.")
    last_attempted_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    owner = models.CharField(
        max_length=64, null=True, blank=True, help_text="The worker that holds it now."
    )
    attempts = models.PositiveIntegerField(
        default=0, help_text="How often it was started; with the owner, the fence of a claim."
    )
    failures = models.PositiveIntegerField(default=0, help_text="Attempts that raised.")
    crashes = models.PositiveIntegerField(default=0, help_text="Attempts whose worker died.")
    worker_ids = models.JSONField(default=list, blank=True)
    errors = models.JSONField(default=list, blank=True, help_text="The latest, with traceback.")
    return_value = models.JSONField(null=True, blank=True)
    release = models.CharField(max_length=64, blank=True, help_text="Who enqueued it.")

    class Meta:
        ordering = ["-id"]
        indexes = [
            # What a claim reads, in its order.
            models.Index(
                fields=["-priority", "run_after", "id"],
                condition=Q(state="ready"),
                name="job_ready",
            ),
            # Whether anything is due at all, however many jobs wait for a later day.
            models.Index(fields=["run_after"], condition=Q(state="ready"), name="job_due"),
            # Whose work must be taken over when a worker died.
            models.Index(fields=["owner"], condition=Q(state="running"), name="job_running"),
            # What retention deletes. (Of all jobs, it would tempt the planner away from the others.)
            models.Index(
                fields=["state", "finished_at"],
                condition=Q(finished_at__isnull=False),
                name="job_finished",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.task} ({self.state})"


class Worker(models.Model):
    """A living worker process. The row is for people; the truth is the lock it holds."""

    id = models.CharField(max_length=64, primary_key=True)
    release = models.CharField(max_length=64, blank=True)
    host = models.CharField(max_length=255)
    pid = models.PositiveIntegerField()
    threads = models.PositiveSmallIntegerField()
    started_at = models.DateTimeField()

    class Meta:
        ordering = ["started_at"]

    def __str__(self) -> str:
        return f"{self.host}:{self.pid}"

    @property
    def is_alive(self) -> bool:
        """Whether its process lives on this machine (the kernel knows, see `liveness`)."""
        return liveness.is_alive(self.id)

    @property
    def heartbeat_at(self) -> datetime | None:
        """When its loop last turned; None when its lock file is gone."""
        return liveness.last_beat(self.id)
