"""Money: an integer count of a currency's minor units, never a float and never a bare number.

The number of decimals per currency is ISO 4217's: EUR has 2, JPY 0, KWD 3. Babel knows the names and
the ways of writing, but its digits (CLDR's) are not used: they say how cash is counted, so the Serbian
dinar has 0 there where ISO 4217 and every bank have 2, and an amount would be off by a hundred.
Stripe counts ISO's minor units too, except for ISK, UGX (two digits, always 00) and MGA (none):
https://docs.stripe.com/currencies, "Special cases".
"""

import re
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache, total_ordering

from babel import Locale
from babel.numbers import NumberPattern, list_currencies

# ISO 4217, list one, column "minor unit", wherever it is not 2.
MINOR_UNITS = {
    **dict.fromkeys(["BIF", "CLP", "DJF", "GNF", "ISK", "JPY", "KMF", "KRW", "PYG", "RWF"], 0),
    **dict.fromkeys(["UGX", "UYI", "VND", "VUV", "XAF", "XOF", "XPF"], 0),
    **dict.fromkeys(["BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"], 3),
    **dict.fromkeys(["CLF", "UYW"], 4),
}
# An amount with a point and no thousands separators. Fifteen digits are more than any till holds, and
# keep the minor units within the 64 bits of a database column.
AMOUNT = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?", re.ASCII)
# "KWD 0.500" and not "KWD0.500": a space that does not break, which Babel leaves out (Unicode UTS 35,
# part 3, "currencySpacing").
LETTER_MEETS_DIGIT = re.compile(r"(?<=[^\W\d_])(?=\d)|(?<=\d)(?=[^\W\d_])")
KEPT = 1_024  # amounts as people write them; 200 bytes each


class CurrencyMismatch(ValueError):
    """Two different currencies met in one calculation."""


class UnknownCurrency(ValueError):
    """Not an ISO 4217 code."""


@total_ordering
@dataclass(frozen=True, slots=True)
class Money:
    """`amount` minor units (cents, yen, fils) of `currency` (ISO 4217, upper case)."""

    amount: int
    currency: str

    def __post_init__(self) -> None:
        if not isinstance(self.amount, int) or isinstance(self.amount, bool):
            raise TypeError(f"money is counted in whole minor units, not {self.amount!r}")
        decimals(self.currency)

    def __add__(self, other: "Money") -> "Money":
        return Money(self.amount + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.amount - self._same(other), self.currency)

    def __mul__(self, times: int) -> "Money":
        return Money(self.amount * times, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.amount, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.amount < self._same(other)

    def __bool__(self) -> bool:
        return self.amount != 0

    def __str__(self) -> str:
        return self.display("en")

    def display(self, language: str) -> str:
        """As people of `language` write it: 1234 EUR → "€12.34" (en), "12,34 €" (de)."""
        return _written(self, language)

    @property
    def decimal(self) -> Decimal:
        """The amount in major units, exact."""
        return Decimal(self.amount).scaleb(-decimals(self.currency))

    @classmethod
    def parse(cls, text: str, currency: str) -> "Money":
        """Read "12.34" (a point, no thousands separators) in major units.

        Raises ValueError when it is no number or finer than the currency's smallest unit.
        """
        if not AMOUNT.fullmatch(text.strip()):
            raise ValueError(f"'{text[:40]}' is not an amount of money; write it like 12.34")
        minor = Decimal(text.strip()).scaleb(decimals(currency))
        if minor != minor.to_integral_value():
            raise ValueError(f"'{text[:40]}' is finer than the smallest unit of {currency}")
        return cls(int(minor), currency)

    def _same(self, other: "Money") -> int:
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} and {other.currency} cannot be mixed")
        return other.amount


@cache
def decimals(currency: str) -> int:
    """How many digits follow the point: 2 for EUR, 0 for JPY, 3 for KWD."""
    if currency not in list_currencies():
        raise UnknownCurrency(f"'{currency}' is not an ISO 4217 currency code")
    return MINOR_UNITS.get(currency, 2)


@lru_cache(maxsize=KEPT)
def _written(money: Money, language: str) -> str:
    """Babel needs as long for one amount as a mail's template for ten lines."""
    locale = Locale.parse(language, sep="-" if "-" in language else "_")
    pattern = _pattern(locale, decimals(money.currency))
    text = pattern.apply(money.decimal, locale, currency=money.currency, currency_digits=False)
    return LETTER_MEETS_DIGIT.sub("\xa0", str(text))


@cache
def _pattern(locale: Locale, digits: int) -> NumberPattern:
    """How `locale` writes an amount, always with so many digits after the point."""
    pattern: NumberPattern = copy(locale.currency_formats["standard"])
    pattern.frac_prec = (digits, digits)
    return pattern


def split(amount: int, weights: Sequence[int]) -> list[int]:
    """Divide `amount` minor units in proportion to `weights` so that the parts add up exactly.

    Largest remainder, ties to the earlier part; weights must not be negative. All weights zero: the
    whole amount goes to the first part. An empty list of weights divides nothing (and must get 0).
    """
    if not weights:
        if amount:
            raise ValueError("there is nothing to divide the amount over")
        return []
    if min(weights) < 0:
        raise ValueError("weights must not be negative")
    total = sum(weights)
    if total == 0:
        return [amount] + [0] * (len(weights) - 1)
    sign = -1 if amount < 0 else 1
    quotients = [divmod(abs(amount) * weight, total) for weight in weights]
    parts = [whole for whole, _ in quotients]
    missing = abs(amount) - sum(parts)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-quotients[i][1], i))
    for index in by_remainder[:missing]:
        parts[index] += 1
    return [sign * part for part in parts]


def share(amount: int, numerator: int, denominator: int) -> int:
    """`amount × numerator ÷ denominator`, rounded half away from zero, in integers throughout."""
    sign = -1 if (amount < 0) != (numerator < 0) else 1
    product = abs(amount) * abs(numerator)
    return sign * ((2 * product + denominator) // (2 * denominator))
