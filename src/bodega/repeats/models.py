"""First answers lie in primary: each commits together with what it tells of."""

from django.db import models


class FirstAnswer(models.Model):
    """What was answered to a request with an Idempotency-Key, in case that it comes again."""

    key = models.CharField(
        max_length=64, unique=True, help_text="Digest of the Idempotency-Key and of who sent it."
    )
    request = models.CharField(max_length=64, help_text="Digest of the path and of what was sent.")
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(help_text="Those that belong to the answer: {name: value}.")
    cookies = models.JSONField(help_text="As in Set-Cookie: [text, …].")
    body = models.TextField(blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.status} of {self.at:%d %b %Y %H:%M}"
