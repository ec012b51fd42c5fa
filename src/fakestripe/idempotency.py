"""Idempotency keys: the first answer to a key is kept for 24 hours and given again.

As at Stripe (docs.stripe.com/api/idempotent_requests): the answer is kept whatever it was, a
500 included; other parameters under the same key are an error; a request whose parameters do
not even validate, or that meets one in progress, keeps nothing.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fakestripe.bank import Bank
from fakestripe.errors import ApiError, invalid

LIFETIME = 24 * 60 * 60
LONGEST_KEY = 255


@dataclass(frozen=True)
class Answer:
    status: int
    body: str
    request_id: str
    replayed: bool = False


class Keys:
    """The keys whose requests are being carried out now (in memory: they die with it)."""

    def __init__(self) -> None:
        self._in_progress: set[str] = set()

    @contextmanager
    def hold(self, key: str) -> Iterator[None]:
        if key in self._in_progress:
            raise in_use(key)
        self._in_progress.add(key)
        try:
            yield
        finally:
            self._in_progress.discard(key)


def in_use(key: str) -> ApiError:
    error = invalid(
        "There is currently another in-progress request using this Idempotency Key (that probably "
        f"means you submitted twice, and the other request is still going through): {key}.",
        code="idempotency_key_in_use",
    )
    error.status = 409
    error.error["type"] = "idempotency_error"
    return error


def check_key(key: str) -> None:
    if len(key) > LONGEST_KEY:
        raise invalid(f"Idempotency keys can have up to {LONGEST_KEY} characters.")


def replay(bank: Bank, key: str, request: str) -> Answer | None:
    """The kept answer for this key, if there is one and it was to the same request.

    `request` is the method, path and body that the key stands for.
    """
    row = bank.store.connection.execute(
        "SELECT request, status, body, request_id FROM answers WHERE key = ? AND at > ?",
        (key, bank.clock.now() - LIFETIME),
    ).fetchone()
    if row is None:
        return None
    if row[0] != request:
        error = invalid(
            "Keys for idempotent requests can only be used with the same parameters they were "
            f"first used with. Try using a key other than '{key}' if you meant to execute a "
            "different request."
        )
        error.error["type"] = "idempotency_error"
        raise error
    return Answer(row[1], row[2], row[3], replayed=True)


def keep(bank: Bank, key: str, request: str, answer: Answer) -> None:
    """Keeps an answer, and forgets two that are too old, so that the table stays small."""
    now, connection = bank.clock.now(), bank.store.connection
    old = connection.execute("SELECT key FROM answers WHERE at <= ? LIMIT 2", (now - LIFETIME,))
    connection.executemany("DELETE FROM answers WHERE key = ?", old.fetchall())
    connection.execute(
        "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?)",
        (key, request, answer.status, answer.body, answer.request_id, now),
    )
