"""Object ids that look like Stripe's: a prefix and random letters and digits."""

import random
import string

LETTERS = string.ascii_letters + string.digits

_random = random.Random()  # noqa: S311 - names in a toy bank, nothing is guarded by them


def new(prefix: str, length: int = 24) -> str:
    return f"{prefix}_{''.join(_random.choices(LETTERS, k=length))}"
