"""What Stripe told us."""

from django.db import models


class WebhookEvent(models.Model):
    """The inbox: what Stripe told us, verbatim, stored before it is answered."""

    event_id = models.CharField(max_length=80, unique=True)
    type = models.CharField(max_length=80)
    object_id = models.CharField(max_length=120, blank=True, help_text="data.object.id")
    livemode = models.BooleanField(default=False)
    payload = models.TextField(help_text="The raw body.")
    received_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-pk"]
        indexes = [models.Index(fields=["processed_at"], name="event_by_processing")]

    def __str__(self) -> str:
        return f"{self.type} {self.event_id}"
