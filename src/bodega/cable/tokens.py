"""Signed channel names: who may listen is decided where the page is rendered, not at the stream."""

from django.core import signing

SALT = "bodega.cable"
LONGEST_SECONDS = 7 * 24 * 3600  # how long a page may stay open and still reconnect


class Forged(ValueError):
    """The token was not made by this shop, was changed, or is too old."""


def sign(channel: str) -> str:
    """A token for `/live/?channel=<token>` that lets its holder listen to `channel` for a week."""
    return signing.dumps(channel, salt=SALT)


def unsign(token: str, max_age: int = LONGEST_SECONDS) -> str:
    """The channel of a token not older than `max_age` seconds. Raises Forged."""
    try:
        channel = signing.loads(token, salt=SALT, max_age=max_age)
    except signing.BadSignature as error:
        raise Forged(str(error)) from error
    if not isinstance(channel, str):
        raise Forged("not a channel's name")
    return channel
