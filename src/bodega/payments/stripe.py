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
from urllib.parse import quote

from django.conf import settings

from bodega.databases.durability import durable
from bodega.payments.reversals import BankDispute, BankRefund, dispute_from, refund_from
from bodega.payments.sessions import Item, Session, item_from, session_from

if TYPE_CHECKING:
    import requests
    import stripe as sdk

API = "https://api.stripe.com"
API_VERSION = "2026-10-28.endive"
PATIENT = (3.0, 15.0)  # seconds to connect, to answer
HURRIED = (2.0, 6.0)  # while a customer is looking at an empty page
FAKE_KEY = "sk_test_fakestripe"
EXPAND = ["payment_intent"]
PAGE = {"limit": 100}
CONNECTIONS = 64  # kept at most: as many as a web process has threads
SESSIONS = "/v1/checkout/sessions"


class StripeUnreachable(Exception):
    """No answer, or none that says what happened. Repeat with the same key."""


class StripeRefused(Exception):
    """Stripe said no; nothing happened. The message is Stripe's sentence."""


class NotAtStripe(StripeRefused):
    """Stripe has no such thing, as far as our key may see."""


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

        timeout = HURRIED if hurry else PATIENT
        self._sdk: sdk.StripeClient = sdk.StripeClient(
            key,
            stripe_version=API_VERSION,
            base_addresses={"api": base.rstrip("/")} if base else None,
            max_network_retries=0 if hurry else 1,
            http_client=sdk.RequestsClient(timeout, _connections(base or API)),
        )

    def create_session(self, params: Mapping[str, Any], *, key: str) -> Session:
        """Start a Checkout Session; the same `key` within 24 hours gives the same session."""
        told = {**params, "expand": EXPAND, "idempotency_key": key}
        return session_from(self._ask("post", SESSIONS, told))

    def session(self, session_id: str) -> Session:
        """The session as it is now."""
        path = f"{SESSIONS}/{quote(session_id, safe='')}"
        return session_from(self._ask("get", path, {"expand": EXPAND}))

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

    def session_of(self, payment_intent: str) -> Session | None:
        """The session through which a payment came; None when it came otherwise."""
        asked: dict[str, Any] = {
            "payment_intent": payment_intent,
            "expand": ["data.payment_intent"],
        }
        with translated():
            page = self._sdk.v1.checkout.sessions.list(
                cast("sdk.params.checkout.SessionListParams", asked)
            )
        return next((session_from(each.to_dict()) for each in page.data), None)

    def create_refund(self, params: Mapping[str, Any], *, key: str) -> BankRefund:
        """Give money back; the same `key` within 24 hours gives the same refund."""
        with translated():
            made = self._sdk.v1.refunds.create(
                cast("sdk.params.RefundCreateParams", params), {"idempotency_key": key}
            )
        return refund_from(made.to_dict())

    def refund(self, refund_id: str) -> BankRefund:
        """The refund as it is now."""
        with translated():
            return refund_from(self._sdk.v1.refunds.retrieve(refund_id).to_dict())

    def refunds(self, **which: Any) -> Iterator[BankRefund]:
        """Refunds, newest first, a page at a time; `which`: charge, payment_intent, created."""
        with translated():
            page = self._sdk.v1.refunds.list(cast("sdk.params.RefundListParams", which | PAGE))
            for each in page.auto_paging_iter():
                yield refund_from(each.to_dict())

    def dispute(self, dispute_id: str) -> BankDispute:
        """The dispute as it is now."""
        with translated():
            return dispute_from(self._sdk.v1.disputes.retrieve(dispute_id).to_dict())

    def disputes(self, **which: Any) -> Iterator[BankDispute]:
        """Disputes, newest first, a page at a time; `which`: charge, payment_intent, created."""
        with translated():
            page = self._sdk.v1.disputes.list(cast("sdk.params.DisputeListParams", which | PAGE))
            for each in page.auto_paging_iter():
                yield dispute_from(each.to_dict())

    def get(self, path: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON of a GET, as Stripe wrote it. For whoever reads many pages: a page of 100 charges
        takes 6 ms of CPU like this, 63 ms as the SDK's objects. Raises NotAtStripe too."""
        return self._ask("get", path, params)

    def _ask(self, method: str, path: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON of an answer. A session as the SDK's objects takes 0.3 ms longer."""
        with translated():
            answer = self._sdk.raw_request(method, path, **params)
        return cast("dict[str, Any]", answer.data)


def _connections(url: str) -> requests.Session:
    """Kept connections, of all threads. What requests would look for in the environment before each
    request (proxies, a .netrc), which takes as long as the request itself, is looked for once."""
    import requests

    session = requests.Session()
    session.proxies.update(requests.utils.get_environ_proxies(url))
    session.trust_env = False
    session.mount(url, requests.adapters.HTTPAdapter(pool_maxsize=CONNECTIONS))
    return session


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
        refused = NotAtStripe if error.http_status == 404 else StripeRefused
        raise refused(error.user_message or str(error)) from error
    except sdk.StripeError as error:
        raise StripeUnreachable(error.user_message or str(error)) from error


def _sdk() -> Any:
    import stripe as sdk

    return sdk
