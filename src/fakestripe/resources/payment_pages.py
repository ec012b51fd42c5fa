"""Payment pages: what stands behind a session's page. Not in Stripe's published API, but what
its own command line pays sessions with (`stripe trigger checkout.session.completed`)."""

from fakestripe import Json
from fakestripe.bank import Bank
from fakestripe.errors import card_refused, invalid
from fakestripe.paying import open_session, pay_with
from fakestripe.resources.payment_methods import usable

KIND = "checkout.session"  # the page is shown as its session


def confirm(bank: Bank, params: Json, session_id: str) -> Json:
    """Pays, for the sum that the caller expects."""
    session = open_session(bank, session_id)
    if params.get("expected_amount", session["amount_total"]) != session["amount_total"]:
        raise invalid(
            f"The amount is {session['amount_total']}, not {params['expected_amount']}.",
            "expected_amount",
            "checkout_amount_mismatch",
        )
    outcome = pay_with(bank, session, usable(bank, params["payment_method"]))
    session = bank.find(KIND, session_id)
    if outcome.decline is not None:
        intent = bank.find("payment_intent", session["payment_intent"])
        raise card_refused(intent["last_payment_error"] | {"payment_intent": intent})
    return session
