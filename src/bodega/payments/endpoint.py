"""Is the webhook endpoint at Stripe what this shop needs? (design 5.2, point 8)

A wrong one loses no money, because the sweeper finds it, but customers wait. So it is a sentence for the
merchant, not a refusal.
"""

from collections.abc import Iterator
from typing import Any

from django.conf import settings

from bodega.payments import stripe

PATH = "/payments/webhook/"
# What `inbox` acts upon. Refunds and disputes may be made in Stripe's dashboard, so they are told too.
NEEDED = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
)


def address() -> str:
    """Where Stripe should send its events."""
    return f"{settings.PUBLIC_URL}{PATH}"


def check() -> str:
    """What is wrong, in a sentence; empty when nothing is. Network; raises StripeUnreachable."""
    try:
        endpoints = stripe.client().get("/v1/webhook_endpoints", {"limit": 100})["data"]
    except stripe.StripeRefused as refused:
        return f"The webhook endpoint cannot be looked at: {refused}"
    ours = [each for each in endpoints if same_place(each["url"], address())]
    if not ours:
        return nowhere(endpoints)
    usable = [each for each in ours if each["status"] == "enabled"]
    if not usable:
        return f"The webhook endpoint {address()} is switched off at Stripe: switch it on there."
    best = min((list(problems(each)) for each in usable), key=len)
    return " ".join(best)


def nowhere(endpoints: list[dict[str, Any]]) -> str:
    """No endpoint comes here."""
    others = ", ".join(each["url"] for each in endpoints[:3])
    seen = f"only to {others}" if others else "to nowhere"
    return f"Stripe sends its events {seen}: add the endpoint {address()} there."


def problems(endpoint: dict[str, Any]) -> Iterator[str]:
    """What an enabled endpoint of ours lacks."""
    wanted = set(endpoint["enabled_events"])
    missing = [] if "*" in wanted else [name for name in NEEDED if name not in wanted]
    if missing:
        yield f"The webhook endpoint is not told of {', '.join(missing)}: add them at Stripe."
    version = endpoint["api_version"]
    if version and version != stripe.API_VERSION:
        yield (
            f"The webhook endpoint speaks API version {version}, this release {stripe.API_VERSION}: "
            "make a new endpoint with that version."
        )
    if bool(endpoint["livemode"]) != stripe.livemode():
        yield "The webhook endpoint is of the other mode (live or test)."


def same_place(one: str, other: str) -> bool:
    """Whether two addresses are the same but for a slash at the end."""
    return one.rstrip("/") == other.rstrip("/")
