"""The outbox lies in primary: a message commits together with what it is about."""

from django.db import models
from django.db.models import Q


class Message(models.Model):
    """A task to be run after the commit of the transaction that wrote it."""

    key = models.CharField(
        max_length=32,
        unique=True,
        editable=False,
        help_text="Random, so that a restored backup never uses one again; the job's key too.",
    )
    task = models.CharField(max_length=200, help_text="Dotted path of the task.")
    arguments = models.JSONField(help_text='{"args": […], "kwargs": {…}}')
    queue_name = models.CharField(max_length=64, default="default")
    priority = models.SmallIntegerField(default=0)
    not_before = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    dispatched_at = models.DateTimeField(null=True, blank=True)
    error = models.TextField(
        blank=True,
        help_text="Why it cannot be dispatched; it is passed over until this is cleared.",
    )

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(
                fields=["id"],
                condition=Q(dispatched_at__isnull=True, error=""),
                name="message_waiting",
            ),
            models.Index(fields=["dispatched_at"], name="message_dispatched"),
        ]

    def __str__(self) -> str:
        return self.task
