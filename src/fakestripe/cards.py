"""The well-known test cards and bank accounts, and what happens when one pays with them.

Source: docs.stripe.com/testing. Any other number is refused as Stripe's test mode refuses it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType

Fields = dict[str, str]


@dataclass(frozen=True)
class Card:
    """`decline` is Stripe's decline code; `challenge` asks for 3-D Secure first. What comes after
    a payment: `dispute` is the reason of one, `refund` how a refund goes (`pending`, `fails`)."""

    brand: str
    country: str = "US"
    decline: str | None = None
    challenge: bool = False
    dispute: str | None = None
    refund: str | None = None
    note: str = "Payment succeeds"


@dataclass(frozen=True)
class Decline:
    """Why a payment was refused: Stripe's error code, decline code and words for the buyer."""

    code: str
    decline_code: str | None
    message: str


CARDS: Mapping[str, Card] = MappingProxyType(
    {
        "4242424242424242": Card("visa"),
        "5555555555554444": Card("mastercard"),
        "378282246310005": Card("amex"),
        "4000000000000002": Card("visa", decline="generic_decline", note="Card is declined"),
        "4000000000009995": Card("visa", decline="insufficient_funds", note="Insufficient funds"),
        "4000000000000069": Card("visa", decline="expired_card", note="Declined as expired"),
        "4000000000000127": Card("visa", decline="incorrect_cvc", note="Declined for a wrong CVC"),
        "4000002500003155": Card("visa", "FR", challenge=True, note="Asks for 3-D Secure"),
        "4000002760003184": Card("visa", "DE", challenge=True, note="Asks for 3-D Secure, always"),
        "4000000000000259": Card("visa", dispute="fraudulent", note="Paid, then disputed as fraud"),
        "4000000000002685": Card(
            "visa", dispute="product_not_received", note="Paid, then disputed as not received"
        ),
        "4000000000001976": Card("visa", dispute="inquiry", note="Paid, then the bank inquires"),
        "4000000000007726": Card("visa", refund="pending", note="A refund is pending first"),
        "4000000000005126": Card("visa", refund="fails", note="A refund fails later"),
        "4000000000000077": Card("visa", note="Payment succeeds, funds are available at once"),
    }
)
# Account numbers of the delayed debit, and whether the money arrives.
ACCOUNTS: Mapping[str, bool] = MappingProxyType(
    {
        "DE89370400440532013000": True,
        "DE62370400440532013001": False,
        "AT611904300234573201": True,
        "AT321904300235473204": True,
        "AT861904300235473202": False,
    }
)
# Stripe's names for ready-made methods: `pm_card_…` for the method, `tok_…` for the card alone.
NAMED: Mapping[str, str] = MappingProxyType(
    {
        "visa": "4242424242424242",
        "mastercard": "5555555555554444",
        "amex": "378282246310005",
        "chargeDeclined": "4000000000000002",
        "visa_chargeDeclined": "4000000000000002",
        "chargeDeclinedInsufficientFunds": "4000000000009995",
        "chargeDeclinedExpiredCard": "4000000000000069",
        "chargeDeclinedIncorrectCvc": "4000000000000127",
        "authenticationRequired": "4000002760003184",
        "authenticationRequiredOnSetup": "4000002500003155",
        "createDispute": "4000000000000259",
        "createDisputeProductNotReceived": "4000000000002685",
        "createDisputeInquiry": "4000000000001976",
        "pendingRefund": "4000000000007726",
        "refundFail": "4000000000005126",
        "bypassPending": "4000000000000077",
    }
)

DECLINES: Mapping[str, Decline] = MappingProxyType(
    {
        "generic_decline": Decline(
            "card_declined", "generic_decline", "Your card was declined. Try a different card."
        ),
        "insufficient_funds": Decline(
            "card_declined",
            "insufficient_funds",
            "Your card has insufficient funds. Try a different card.",
        ),
        "expired_card": Decline("expired_card", "expired_card", "Your card has expired."),
        "incorrect_cvc": Decline(
            "incorrect_cvc", "incorrect_cvc", "Your card's security code is incorrect."
        ),
        "test_mode_live_card": Decline(
            "card_declined",
            "test_mode_live_card",
            "Your card was declined. This is a test page: use one of the test cards listed below.",
        ),
        "authentication_failed": Decline(
            "payment_intent_authentication_failure",
            None,
            "We could not confirm that it is you. Try again or use a different card.",
        ),
        "debit_failed": Decline(
            "debit_not_authorized", None, "The bank refused the debit of this account."
        ),
    }
)

UNKNOWN = Card("unknown", decline="test_mode_live_card")


def card(number: str) -> Card:
    return CARDS.get(number, UNKNOWN)


def named(name: str) -> str | None:
    """The number behind `pm_card_visa`, `tok_visa` and their like."""
    for prefix in ("pm_card_", "tok_"):
        if name.startswith(prefix):
            return NAMED.get(name.removeprefix(prefix))
    return None


def digits(text: str) -> str:
    """A card or account number without the blanks and dashes people type."""
    return "".join(character for character in text if character not in " -\u00a0\t").upper()


def luhn(number: str) -> bool:
    """Whether the check digit of a card number fits (ISO/IEC 7812-1, annex B)."""
    doubled = [int(d) * (2 if place % 2 else 1) for place, d in enumerate(reversed(number))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


def card_faults(number: str, expiry: str, cvc: str, now: float) -> Fields:
    """What is wrong with a card as typed, by field; empty when it may be sent to the bank."""
    faults: Fields = {}
    if not number.isascii() or not number.isdecimal() or not 12 <= len(number) <= 19:
        faults["card"] = "Enter the card number: 16 digits on most cards."
    elif not luhn(number):
        faults["card"] = "This card number is not valid. Check the digits."
    if problem := expiry_fault(expiry, now):
        faults["expiry"] = problem
    if not cvc.isascii() or not cvc.isdecimal() or len(cvc) not in (3, 4):
        faults["cvc"] = "Enter the 3 or 4 digits of the security code."
    return faults


def expiry_fault(expiry: str, now: float) -> str | None:
    month, year = expiry_parts(expiry)
    if not 1 <= month <= 12:
        return "Enter the expiry date as month and year, like 12 / 34."
    today = datetime.fromtimestamp(now, UTC)
    if (year, month) < (today.year, today.month):
        return "The card's expiry date is in the past."
    return None


def expiry_parts(expiry: str) -> tuple[int, int]:
    """Month and four-digit year of `12/34`, `12 / 2034` or `1234`; (0, 0) if it is neither."""
    plain = digits(expiry).replace("/", "")
    if not plain.isascii() or not plain.isdecimal() or len(plain) not in (4, 6):
        return 0, 0
    year = int(plain[2:])
    return int(plain[:2]), year if year > 99 else 2000 + year
