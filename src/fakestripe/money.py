"""Amounts are integers of a currency's smallest unit; this knows which units those are.

Sources: docs.stripe.com/currencies (zero- and three-decimal currencies, minimum and maximum
charge amounts).
"""

from fakestripe.errors import invalid

ZERO_DECIMAL = frozenset(
    (
        "bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf",
        "xof", "xpf",
    )
)  # fmt: skip
THREE_DECIMAL = frozenset(("bhd", "jod", "kwd", "omr", "tnd"))

# In smallest units. A currency not listed is held to the generic fifty "cents".
SMALLEST_CHARGE = {
    "aed": 200, "aud": 50, "bgn": 100, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250,
    "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000,
    "myr": 200, "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50,
    "thb": 1000, "usd": 50,
}  # fmt: skip
LARGEST_CHARGE = 99_999_999

SYMBOLS = {"usd": "$", "eur": "€", "gbp": "£", "jpy": "¥", "inr": "₹", "krw": "₩"}


def decimals(currency: str) -> int:
    if currency in ZERO_DECIMAL:
        return 0
    return 3 if currency in THREE_DECIMAL else 2


def smallest_charge(currency: str) -> int:
    generic = {0: 50, 2: 50, 3: 500}[decimals(currency)]
    return SMALLEST_CHARGE.get(currency, generic)


def display(amount: int, currency: str) -> str:
    """`€12.34`, `¥500`, `12.340 KWD`; a currency without a symbol here shows its code."""
    places = decimals(currency)
    sign = "-" if amount < 0 else ""
    whole, rest = divmod(abs(amount), 10**places)
    digits = f"{whole:,}" + (f".{rest:0{places}d}" if places else "")
    symbol = SYMBOLS.get(currency)
    return f"{sign}{symbol}{digits}" if symbol else f"{sign}{digits} {currency.upper()}"


def check_currency(currency: str, param: str) -> str:
    """The currency in lower case."""
    code = currency.lower()
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise invalid(f"Invalid currency: {currency}", param)
    return code


def check_total(amount: int, currency: str) -> None:
    """A checkout's total must be chargeable: within Stripe's bounds and payable in coins."""
    least = smallest_charge(currency)
    if amount < least:
        raise invalid(
            "The Checkout Session's total amount must convert to at least "
            f"{display(least, currency)}.",
            "line_items",
            "amount_too_small",
        )
    if amount > LARGEST_CHARGE:
        raise invalid(
            f"The Checkout Session's total amount due must be no more than "
            f"{display(LARGEST_CHARGE, currency)}.",
            "line_items",
            "amount_too_large",
        )
    check_coins(amount, currency, "line_items")


def check_coins(amount: int, currency: str, param: str) -> None:
    """Three-decimal currencies are charged to the nearest ten: their smallest coin."""
    if currency in THREE_DECIMAL and amount % 10:
        raise invalid(
            f"Amounts in {currency.upper()} must be a multiple of 10: the last decimal is 0.", param
        )
