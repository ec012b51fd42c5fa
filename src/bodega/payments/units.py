"""How Stripe counts money, where it differs from the world's minor units.

Our amounts are minor units as `lib.money` has them (ISO 4217). Stripe counts whole units for its
zero-decimal list, thousandths for its three-decimal list and hundredths for everything else, so that
ISK and UGX are written in hundredths that must be zero and MGA without any
(https://docs.stripe.com/currencies#zero-decimal and "Special cases").
"""

from bodega.lib.money import decimals

ZERO_DECIMAL = frozenset(
    {"BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG"}
    | {"RWF", "VND", "VUV", "XAF", "XOF", "XPF"}
)
THREE_DECIMAL = frozenset({"BHD", "JOD", "KWD", "OMR", "TND"})


class NotRepresentable(ValueError):
    """An amount that cannot be said in the other way of counting."""


def stripe_decimals(currency: str) -> int:
    """How many digits after the point Stripe's amounts of `currency` (upper case) have."""
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def coin(currency: str) -> int:
    """The smallest amount Stripe moves, in our minor units: usually 1.

    Of three-decimal currencies the last digit must be 0, and MGA has no fractions at Stripe.
    """
    if currency in THREE_DECIMAL:
        return 10
    return int(10 ** max(0, decimals(currency) - stripe_decimals(currency)))


def to_stripe(amount: int, currency: str) -> int:
    """Our minor units as Stripe counts them. Raises NotRepresentable for a finer amount."""
    return _rescale(amount, decimals(currency), stripe_decimals(currency), currency)


def from_stripe(amount: int, currency: str) -> int:
    """Stripe's amount in our minor units. Raises NotRepresentable (never for what we sent)."""
    return _rescale(amount, stripe_decimals(currency), decimals(currency), currency)


def _rescale(amount: int, digits: int, wanted: int, currency: str) -> int:
    if wanted >= digits:
        return amount * int(10 ** (wanted - digits))
    whole, rest = divmod(amount, 10 ** (digits - wanted))
    if rest:
        raise NotRepresentable(f"{amount} {currency} is finer than a unit of the other side")
    return int(whole)
