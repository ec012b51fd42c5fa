"""Stripe, or its stand-in: the only module that imports the SDK, and only when a call is made.

The import costs 10.6 MB (design 5.2), which a process that never talks to Stripe does not pay. What
the SDK raises becomes one of two things: nobody knows whether it happened (`StripeUnreachable`: repeat
with the same key), or it did not happen (`StripeRefused`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, cast

from django.conf import settings

from bodega.databases.durability import durable
from bodega.payments.sessions import Item, Session, item_from, session_from

if TYPE_CHECKING:
    import stripe as sdk

API_VERSION = "2026-10-28.endive"
PATIENT = (3.0, 15.0)  # seconds to connect, to answer
HURRIED = (2.0, 6.0)  # while a customer is looking at an empty page
FAKE_KEY = "sk_test_fakestripe"
EXPAND = ["payment_intent"]


class StripeUnreachable(Exception):
    """No answer, or none that says what happened. Repeat with the same key."""


class StripeRefused(Exception):
    """Stripe said no; nothing happened. The message is Stripe's sentence."""


def secret_key() -> str:
    """The key in use: the stand-in has its own, so a real one never travels to it."""
    return FAKE_KEY if settings.FAKESTRIPE_URL else settings.STRIPE_SECRET_KEY


def livemode() -> bool:
    """Whether this shop takes real money."""
    return secret_key().startswith(("sk_live_", "rk_live_"))


def client(*, hurry: bool = False) -> Stripe:
    """This process's way to Stripe. `hurry`: short patience, no repeats.

    Recorded, then the outside world: what was recorded is on the disk before anybody is called, or a
    power cut would forget the key that makes the call's repetition harmless.
    """
    durable("primary")
    return _client(hurry=hurry)


@cache
def _client(*, hurry: bool) -> Stripe:
    return Stripe(secret_key(), settings.FAKESTRIPE_URL, hurry=hurry)


class Stripe:
    """The calls the shop makes. Every one is a network call: never inside a transaction."""

    def __init__(self, key: str, base: str = "", *, hurry: bool = False) -> None:
        import stripe as sdk

        self._sdk: sdk.StripeClient = sdk.StripeClient(
            key,
            stripe_version=API_VERSION,
            base_addresses={"api": base.rstrip("/")} if base else None,
            max_network_retries=0 if hurry else 1,
            http_client=sdk.RequestsClient(timeout=HURRIED if hurry else PATIENT),
        )

    def create_session(self, params: Mapping[str, Any], *, key: str) -> Session:
        """Start a Checkout Session; the same `key` within 24 hours gives the same session."""
        with translated():
            made = self._sdk.v1.checkout.sessions.create(
                cast("sdk.params.checkout.SessionCreateParams", {**params, "expand": EXPAND}),
                {"idempotency_key": key},
            )
        return session_from(made.to_dict())

    def session(self, session_id: str) -> Session:
        """The session as it is now."""
        with translated():
            found = self._sdk.v1.checkout.sessions.retrieve(session_id, {"expand": EXPAND})
        return session_from(found.to_dict())

    def items(self, session: Session) -> list[Item]:
        """The session's lines with the metadata of their products, all pages."""
        with translated():
            page = self._sdk.v1.checkout.sessions.line_items.list(
                session.id, {"limit": 100, "expand": ["data.price.product"]}
            )
            return [item_from(line.to_dict(), session.currency) for line in page.auto_paging_iter()]

    def expire_session(self, session_id: str) -> Session:
        """End an open session, and say how it stands then: one paid meanwhile stays "complete"."""
        with translated():
            try:
                ended = self._sdk.v1.checkout.sessions.expire(session_id, {"expand": EXPAND})
            except _sdk().InvalidRequestError:
                return self.session(session_id)  # not open any more; whoever asks looks at status
        return session_from(ended.to_dict())


@contextmanager
def translated() -> Iterator[None]:
    """The SDK's errors as ours.

    An idempotency error is no refusal: the first request under the key may have had its effect.
    """
    sdk = _sdk()
    refusals = (
        sdk.InvalidRequestError,
        sdk.CardError,
        sdk.AuthenticationError,
        sdk.PermissionError,
    )
    try:
        yield
    except refusals as error:
        raise StripeRefused(error.user_message or str(error)) from error
    except sdk.StripeError as error:
        raise StripeUnreachable(error.user_message or str(error)) from error


def _sdk() -> Any:
    import stripe as sdk

    return sdk
