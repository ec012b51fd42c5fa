"""Object ids that look like Stripe's: a prefix and random letters and digits."""

import random
import string

LETTERS = string.ascii_letters + string.digits

# A letter for every byte; some are a little likelier than others.
_SPELLING = bytes(ord(LETTERS[byte % len(LETTERS)]) for byte in range(256))

_random = random.Random()  # noqa: S311 - names in a toy bank, nothing is guarded by them


def new(prefix: str, length: int = 24) -> str:
    return f"{prefix}_{_random.randbytes(length).translate(_SPELLING).decode()}"
