"""The checkout form's key: makes a double click, a repeated POST and the back button one order.

Made when the form is shown, stored nowhere: random, and signed for the one cart, so nobody can use it
with another. What is stored on the order is a digest of key *and* answers: the same form again is the
same order, a corrected one is a new order (and the old one is given up).
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Iterable

from django.utils.crypto import salted_hmac

SALT = "bodega.checkout.keys"


def new_key(cart_token: str) -> str:
    """A fresh key for the form of this cart."""
    nonce = secrets.token_urlsafe(24)
    return f"{nonce}.{_signature(nonce, cart_token)}"


def belongs(key: str, cart_token: str) -> bool:
    """Whether `key` was made by `new_key` for this cart; anything may have been posted."""
    nonce, _, signature = key.partition(".")
    expected = _signature(nonce, cart_token).encode()
    return bool(cart_token) and hmac.compare_digest(expected, signature.encode())


def digest(key: str, answers: Iterable[tuple[str, list[str]]]) -> str:
    """What the order is found by again: 64 hexadecimal digits."""
    said = json.dumps([key, sorted((name, values) for name, values in answers)])
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def _signature(nonce: str, cart_token: str) -> str:
    return salted_hmac(SALT, f"{nonce}:{cart_token}", algorithm="sha256").hexdigest()
