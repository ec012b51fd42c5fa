"""How a value is written into the file, and when one read from it may be trusted.

Django's API promises any picklable value, and unpickling what a stranger wrote runs his code. So:

- text, bytes and numbers are stored as SQLite's own types: fast, exact, countable by `incr` in SQL;
- None, booleans, lists and dictionaries of plain values are JSON, readable by anybody;
- everything else (tuples, dates, responses, model instances) is pickle signed with a key derived from
  SECRET_KEY and bound to the entry's key, so neither a forged value nor one moved from another key is
  ever unpickled: it is a miss.

Only what comes back *equal and of the same type* is plain: a tuple is not a list, 1 is not "1".
"""

import hashlib
import hmac
import json
import pickle
from typing import Any

NATIVE, JSON, PICKLE = 0, 1, 2
Stored = int | float | str | bytes

SMALLEST, LARGEST = -(2**63), 2**63 - 1  # SQLite's integers
SIGNATURE_BYTES = 16
DEEPEST = 8  # levels; what is deeper (or contains itself) is left to pickle


class Unreadable(ValueError):
    """The entry is damaged, forged, or of a class this release does not have: a miss."""


class Codec:
    """Turns values into what the file holds, and back."""

    def __init__(self, secret: str) -> None:
        """`secret`: only who knows it can make values that will be unpickled."""
        self._secret = hashlib.blake2b(secret.encode(), person=b"bodega.cache").digest()

    def encode(self, key: str, value: Any) -> tuple[int, Stored]:
        """The form and the stored value. Raises what pickle raises for a value it cannot take."""
        if _is_native(value):
            return NATIVE, value
        if _is_plain(value, DEEPEST):
            return JSON, json.dumps(value, separators=(",", ":"))
        pickled = pickle.dumps(value, pickle.HIGHEST_PROTOCOL)
        return PICKLE, self._signature(key, pickled) + pickled

    def decode(self, key: str, form: int, stored: Any) -> Any:
        """The value. Raises Unreadable."""
        if form == NATIVE:
            return stored
        try:
            if form == JSON:
                return json.loads(stored)
            return self._unpickle(key, stored)
        except Unreadable:
            raise
        except Exception as error:  # a class that is gone or changed can raise anything: a miss
            raise Unreadable(f"{key}: {error!r}") from error

    def _unpickle(self, key: str, stored: bytes) -> Any:
        signature, pickled = stored[:SIGNATURE_BYTES], stored[SIGNATURE_BYTES:]
        if not hmac.compare_digest(signature, self._signature(key, pickled)):
            raise Unreadable(f"{key}: not signed by this shop for this key")
        return pickle.loads(pickled)  # noqa: S301 - signed by ourselves, checked the line before

    def _signature(self, key: str, pickled: bytes) -> bytes:
        # Keyed BLAKE2b is a MAC by itself (RFC 7693), at two thirds of the cost of HMAC-SHA256. The
        # key's length keeps "ab"+"c" and "a"+"bc" apart.
        name = key.encode()
        mac = hashlib.blake2b(key=self._secret, digest_size=SIGNATURE_BYTES)
        mac.update(len(name).to_bytes(4, "big") + name)
        mac.update(pickled)
        return mac.digest()


def _is_native(value: Any) -> bool:
    kind = type(value)
    if kind is str:
        return bool(value.isascii()) or _is_utf8(value)
    if kind is int:
        return bool(SMALLEST <= value <= LARGEST)
    if kind is float:
        return bool(value == value)  # SQLite would turn NaN into NULL
    return kind is bytes


def _is_utf8(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:  # a lone surrogate: SQLite cannot hold it
        return False
    return True


def _is_plain(value: Any, levels: int) -> bool:
    kind = type(value)
    if value is None or kind is str or kind is bool or kind is float:
        return True
    if kind is int:
        return bool(SMALLEST <= value <= LARGEST)
    if levels == 0:
        return False
    if kind is list:
        return all(_is_plain(item, levels - 1) for item in value)
    if kind is dict:
        return all(type(k) is str and _is_plain(v, levels - 1) for k, v in value.items())
    return False
