"""A mail backend for development and the demo: one file per message, in a folder.

The file's name comes from the Message-ID, so a message that is sent again after a crash replaces itself
instead of becoming a second one.
"""

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend
from django.core.mail.message import EmailMessage

from bodega.lib.files import write_atomically


class FolderBackend(BaseEmailBackend):
    """Writes `<Message-ID>.eml` into `EMAIL_FILE_PATH`; every mail program opens it."""

    def __init__(self, file_path: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.folder = Path(file_path or settings.EMAIL_FILE_PATH)

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write every message, whole or not at all. Raises OSError: then the caller tries again."""
        self.folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            mail = message.message()
            write_atomically(self.folder / file_name(mail["Message-ID"]), mail.as_bytes())
        return len(email_messages)


def file_name(message_id: str) -> str:
    """A file name for a Message-ID: readable, and different for different ids."""
    readable = re.sub(r"[^A-Za-z0-9.@_-]+", "-", message_id.strip("<> \n"))[:80]
    fingerprint = hashlib.sha256(message_id.strip().encode()).hexdigest()[:8]
    return f"{readable}-{fingerprint}.eml"
