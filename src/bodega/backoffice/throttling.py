"""Guessing passwords must be slow: failed staff logins are counted per e-mail and per address.

Counted in the cache file: losing the counters (a cleared cache) costs a guesser nothing we rely on,
scrypt makes each guess dear anyway.
"""

from django.core.cache import cache

FREE_FAILURES_PER_EMAIL = 5
FREE_FAILURES_PER_ADDRESS = 20
WINDOW = 15 * 60  # seconds


def seconds_to_wait(email: str, address: str) -> int:
    """0, or how long this e-mail or address has to wait at most."""
    counts = cache.get_many([_email_key(email), _address_key(address)])
    too_many = (
        counts.get(_email_key(email), 0) >= FREE_FAILURES_PER_EMAIL
        or counts.get(_address_key(address), 0) >= FREE_FAILURES_PER_ADDRESS
    )
    return WINDOW if too_many else 0


def note_failure(email: str, address: str) -> None:
    """Count a failed login against both."""
    for key in (_email_key(email), _address_key(address)):
        if not cache.add(key, 1, WINDOW):
            cache.incr(key)


def _email_key(email: str) -> str:
    return f"login-failures:email:{email.encode().hex()[:200]}"


def _address_key(address: str) -> str:
    return f"login-failures:address:{address}"
