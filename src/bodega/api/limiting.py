"""How often a program may ask, and how often a stranger may guess. Counted in the cache file: a lost
counter forgives somebody a minute, nothing more."""

from django.core.cache import cache

PER_KEY = 120  # requests in a minute
PER_STRANGER = 20  # wrong keys in a quarter of an hour, for each address
MINUTE, QUARTER = 60, 15 * 60  # seconds


def is_too_fast(key_pk: int) -> bool:
    """Count a request of a key; True when it was one too many."""
    return _count(f"api:key:{key_pk}", MINUTE) > PER_KEY


def note_stranger(address: str) -> None:
    """Count a wrong key."""
    _count(_stranger(address), QUARTER)


def is_guessing(address: str) -> bool:
    """Whether so many wrong keys came from there that no further one is looked at."""
    return int(cache.get(_stranger(address), 0)) >= PER_STRANGER


def _stranger(address: str) -> str:
    return f"api:stranger:{address}"


def _count(name: str, seconds: int) -> int:
    if cache.add(name, 1, seconds):
        return 1
    try:
        return int(cache.incr(name))
    except ValueError:  # it ran out in between
        cache.add(name, 1, seconds)
        return 1
