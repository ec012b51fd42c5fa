"""The Idempotency-Key of a request, and by what a repeat is recognised.

As in the IETF draft "The Idempotency-Key HTTP Header Field" (draft-ietf-httpapi-idempotency-key-header):
a random name that the client gives to its wish, the same for every attempt at it. Forms that are sent
without a script bring it as a hidden field.
"""

import hashlib
import json
import re
from typing import Any

from django.http import HttpRequest

HEADER, FIELD = "Idempotency-Key", "idempotency_key"
WELL_FORMED = re.compile(r"[!-~]{16,255}")


class MalformedKey(ValueError):
    """Too short to be random, too long, or with signs that are no visible ASCII."""


def key_of(request: HttpRequest) -> str | None:
    """The key, or None without one. Raises MalformedKey."""
    if request.method != "POST":
        return None
    sent = request.headers.get(HEADER, "").strip().strip('"') or request.POST.get(FIELD, "")
    if sent and not WELL_FORMED.fullmatch(sent):
        raise MalformedKey("An Idempotency-Key is random text of 16 to 255 characters: a UUID.")
    return sent or None


def name_of(key: str, who: str) -> str:
    """What a key of somebody is stored as: nobody else's is the same, and it tells nothing."""
    return _digest([who, key])


def wish_of(request: HttpRequest) -> str:
    """A digest of path and form. Files count by name and size: their bytes would take seconds."""
    fields = sorted((name, values) for name, values in request.POST.lists() if name != FIELD)
    files = sorted(
        (name, each.name or "", each.size or 0)
        for name, some in request.FILES.lists()
        for each in some
    )
    return _digest([request.path, fields, files])


def _digest(said: list[Any]) -> str:
    return hashlib.sha256(json.dumps(said).encode()).hexdigest()
