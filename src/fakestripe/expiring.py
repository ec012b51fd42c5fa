"""The end of a session nobody paid: when its time is up, or when the shop says so."""

from fakestripe import Json, agenda
from fakestripe.bank import Bank
from fakestripe.errors import ApiError, invalid
from fakestripe.paying import Purse, pay
from fakestripe.resources import payment_intents
from fakestripe.resources.events import emit
from fakestripe.resources.sessions import KIND

LAST_SECOND_BUYER = Purse("4242424242424242")


def expire(bank: Bank, _params: Json, session_id: str) -> Json:
    bank.find(KIND, session_id)
    paid_now = pay_at_the_brink(bank, session_id)
    session = bank.find(KIND, session_id)
    if session["status"] != "open":
        refusal = not_open(session["status"])
        refusal.stands = paid_now
        raise refusal
    agenda.call_off(bank, session_id)
    return expired(bank, session)


def not_open(status: str) -> ApiError:
    return invalid(
        'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout '
        f"Session has a status of `{status}`."
    )


def expire_when_due(bank: Bank, session_id: str) -> None:
    session = bank.store.get(session_id, KIND)
    if session is None or session["status"] != "open":
        return
    if not pay_at_the_brink(bank, session_id):
        expired(bank, session)


def pay_at_the_brink(bank: Bank, session_id: str) -> bool:
    """The fault `brink`: whether a buyer has paid an open session a moment before its end."""
    if bank.find(KIND, session_id)["status"] != "open":
        return False
    if not bank.faults.take(("brink",), session_id):
        return False
    return pay(bank, session_id, LAST_SECOND_BUYER).status == "paid"


def expired(bank: Bank, session: Json) -> Json:
    session.update(status="expired", url=None)
    bank.store.save(session)
    if session["payment_intent"]:
        intent = bank.find("payment_intent", session["payment_intent"])
        payment_intents.cancelled(bank, intent, "expired")
    emit(bank, "checkout.session.expired", session)
    return session
