"""How often somebody may do what costs the shop a mail. Counted in the cache file: losing the counts
costs nothing that is relied on."""

import hashlib

from django.core.cache import cache

HOUR = 3600
PER_ADDRESS = 20  # a household, an office, a mobile network
PER_EMAIL = 5


def is_too_often(email: str, address: str) -> bool:
    """Count one withdrawal for this e-mail and network address; True when one had too many this hour."""
    counted = [_count(f"email:{email.lower()}", PER_EMAIL), _count(address, PER_ADDRESS)]
    return any(counted)


def _count(who: str, most: int) -> bool:
    key = f"withdrawals:{hashlib.sha256(who.encode()).hexdigest()}"
    if cache.add(key, 1, HOUR):
        return False
    try:
        return cache.incr(key) > most
    except ValueError:  # it expired, or the file is not available: nobody is kept from withdrawing
        return False
