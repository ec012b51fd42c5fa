"""Keys of programs: made once, shown once, found by their hash, revoked for good.

SHA-256 without salt is enough here: a secret is 256 random bits, so there is nothing to guess.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from django.db.models import Q

from bodega.customers.models import ApiKey

MARK = "bdg_"  # so that secret scanners, and people, see what it is
SHOWN = 12  # characters by which people tell keys apart
USE_IS_NOTED = timedelta(minutes=1)  # not at every request: that would be a write for every read


def make(name: str, *, may_write: bool, actor: str, now: datetime) -> tuple[ApiKey, str]:
    """A new key and its secret, which nobody can read again."""
    secret = MARK + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        name=name,
        prefix=secret[:SHOWN],
        secret_hash=hashed(secret),
        may_write=may_write,
        created_by=actor,
        created_at=now,
    )
    return key, secret


def find(secret: str, *, now: datetime) -> ApiKey | None:
    """The key with this secret, unless it was revoked; its use is noted."""
    key = ApiKey.objects.filter(secret_hash=hashed(secret), revoked_at=None).first()
    if key is not None:
        due = Q(last_used_at=None) | Q(last_used_at__lte=now - USE_IS_NOTED)
        if key.last_used_at is None or key.last_used_at <= now - USE_IS_NOTED:
            ApiKey.objects.filter(due, pk=key.pk).update(last_used_at=now)
    return key


def revoke(key: ApiKey, *, now: datetime) -> bool:
    """The key opens nothing any more; False when it already did not."""
    return bool(ApiKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=now))


def hashed(secret: str) -> str:
    """What is stored of a secret."""
    return hashlib.sha256(secret.encode()).hexdigest()
