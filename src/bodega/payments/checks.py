"""May this shop take money as it is set up? Asked by every web process, and by `check --deploy`.

Not by every command: a shop is created and migrated before its keys are there.

Production refuses what would be dangerous: no bank at all, a test key or the stand-in bank (goods for
nothing), and a missing webhook secret (money that is heard of late).
"""

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

from bodega.payments import stripe

NO_KEY = Error(
    "There is no Stripe key, so nobody could pay.",
    hint="Set STRIPE_SECRET_KEY (and STRIPE_WEBHOOK_SECRET), or BODEGA_FAKESTRIPE_URL to try the shop.",
    id="bodega.payments.E001",
)
TEST_KEY = Error(
    "This is production with a Stripe test key: orders would be 'paid' without any money.",
    hint="Set a live key (sk_live_… or rk_live_…), or BODEGA_ALLOW_TEST_KEY=1 if that is what you want.",
    id="bodega.payments.E002",
)
FAKE_BANK = Error(
    "This is production with the stand-in bank: orders would be 'paid' without any money.",
    hint="Unset BODEGA_FAKESTRIPE_URL, or set BODEGA_ALLOW_TEST_KEY=1 if that is what you want.",
    id="bodega.payments.E003",
)
NO_SECRET = Error(
    "There is no webhook secret, so the shop would refuse everything Stripe tells it.",
    hint="Set STRIPE_WEBHOOK_SECRET to the endpoint's signing secret (whsec_…).",
    id="bodega.payments.E004",
)
NO_SUCH_KEY = Error(
    "STRIPE_SECRET_KEY is not a secret key.",
    hint="Secret keys begin with sk_ or rk_; pk_… is the publishable one.",
    id="bodega.payments.E005",
)


def problems() -> Iterable[CheckMessage]:
    """Everything that keeps the shop from taking money safely."""
    key, fake = settings.STRIPE_SECRET_KEY, settings.FAKESTRIPE_URL
    strict = settings.MODE == "production" and not settings.ALLOW_TEST_KEY
    if not key and not fake:
        yield NO_KEY
        return
    if key and not key.startswith(("sk_", "rk_")):
        yield NO_SUCH_KEY
    if fake and strict:
        yield FAKE_BANK
    elif strict and not stripe.livemode():
        yield TEST_KEY
    if not settings.STRIPE_WEBHOOK_SECRET:
        yield NO_SECRET


def refuse_unsafe() -> None:
    """End the process, with a sentence for each problem: a web process that may not take money."""
    found = payments_are_safe()
    if found:
        sentences = [f"{message.msg} {message.hint} ({message.id})" for message in found]
        raise SystemExit("bodega: " + "\nbodega: ".join(sentences))


@register("payments", deploy=True)
def payments_are_safe(**_: Any) -> list[CheckMessage]:
    """Strict in production; elsewhere a shop may be looked at without a bank."""
    if settings.MODE != "production" and not (
        settings.STRIPE_SECRET_KEY or settings.FAKESTRIPE_URL
    ):
        return []
    return list(problems())
