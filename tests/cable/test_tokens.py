"""Who may listen."""

import time
from collections.abc import Callable

import pytest
from django.core import signing

from bodega.cable.tokens import LONGEST_SECONDS, SALT, Forged, sign, unsign


def test_a_signed_channel_comes_back() -> None:
    assert unsign(sign("order:7f3a ü")) == "order:7f3a ü"


def test_a_token_needs_no_escaping_in_an_address() -> None:
    assert set(sign("order:7f3a ü &?#")) <= set(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_:"
    )


FORGERIES: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "no signature": lambda: "order:7",
    "cut": lambda: sign("order:7")[:-1],
    "changed": lambda: "x" + sign("order:7"),
    "of another use": lambda: signing.dumps("order:7", salt="another use"),
    "of another shop": lambda: signing.dumps("order:7", salt=SALT, key="another shop"),
    "not a name": lambda: signing.dumps(["order:7"], salt=SALT),
}


@pytest.mark.parametrize("forgery", list(FORGERIES))
def test_a_forged_token_is_refused(forgery: str) -> None:
    with pytest.raises(Forged):
        unsign(FORGERIES[forgery]())


def test_a_token_lasts_a_week(monkeypatch: pytest.MonkeyPatch) -> None:
    token, now = sign("order:7"), time.time()
    monkeypatch.setattr(time, "time", lambda: now + LONGEST_SECONDS - 60)
    assert unsign(token) == "order:7"
    monkeypatch.setattr(time, "time", lambda: now + LONGEST_SECONDS + 60)
    with pytest.raises(Forged):
        unsign(token)
