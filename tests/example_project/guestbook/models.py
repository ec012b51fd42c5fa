"""One table."""

from django.db import models


class Entry(models.Model):
    """What a guest wrote."""

    text = models.CharField(max_length=200)
    written_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.text
