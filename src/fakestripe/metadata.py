"""Stripe's limits on metadata: 50 keys, keys of 40 and values of 500 characters."""

from fakestripe import Json
from fakestripe.errors import invalid

MOST_KEYS = 50
LONGEST_KEY = 40
LONGEST_VALUE = 500


def check_metadata(metadata: Json) -> None:
    for key, value in metadata.items():
        if len(key) > LONGEST_KEY:
            raise invalid(
                f"Metadata keys can have up to {LONGEST_KEY} characters, but you passed in a key "
                f"that is {len(key)} characters. Invalid key: {key}",
                f"metadata[{key}]",
            )
        if len(value) > LONGEST_VALUE:
            raise invalid(
                f"Metadata values can have up to {LONGEST_VALUE} characters, but you passed in a "
                f"value that is {len(value)} characters. Invalid value: {value}",
                f"metadata[{key}]",
            )
    check_count(metadata)


def check_count(metadata: Json) -> None:
    if len(metadata) > MOST_KEYS:
        raise invalid(
            f"Metadata can have up to {MOST_KEYS} keys, but you passed in {len(metadata)}.",
            "metadata",
        )


def merged(stored: Json, given: Json | str | None) -> Json:
    """What metadata becomes: an empty value takes its key away, an empty whole takes all away."""
    if given is None:
        return stored
    if isinstance(given, str):
        return {}
    after = {key: value for key, value in (stored | given).items() if value != ""}
    check_count(after)
    return after
