"""Balance transactions: the bank's own books, one row for every movement of money.

Funds are available at once here (`available_on` is the moment of booking): there are no payouts
to wait for. Fees are of a plausible size, so that a shop's report has something to subtract; they
are nobody's price list.
"""

from decimal import ROUND_HALF_UP, Decimal

from fakestripe import Json, ids
from fakestripe.bank import Bank
from fakestripe.money import decimals
from fakestripe.pagination import listing

KIND = "balance_transaction"

# In percent, and in hundredths of a two-decimal currency.
CARD_FEE = (Decimal("1.5"), 25)
DEBIT_FEE = (Decimal(0), 35)
DISPUTE_FEE = 1500


def book(bank: Bank, source: Json, kind: str, amount: int, fee: int = 0) -> Json:
    """A stored transaction for `source` (a charge, refund or dispute). `kind` is Stripe's type,
    with its reporting category after a colon where that has another name."""
    name, _, category = kind.partition(":")
    now = bank.clock.today()
    return bank.store.insert(
        {
            "id": ids.new("txn"),
            "object": KIND,
            "amount": amount,
            "available_on": now,
            "balance_type": "payments",
            "created": now,
            "currency": source["currency"],
            "description": source.get("description"),
            "exchange_rate": None,
            "fee": fee,
            "fee_details": fee_details(fee, source["currency"]),
            "net": amount - fee,
            "reporting_category": category or name,
            "source": source["id"],
            "status": "available",
            "type": name,
        }
    )


def fee_details(fee: int, currency: str) -> list[Json]:
    if not fee:
        return []
    words = {"description": "Stripe processing fees", "type": "stripe_fee"}
    return [{"amount": fee, "application": None, "currency": currency, **words}]


def book_charge(bank: Bank, charge: Json) -> None:
    """Books what a charge brought in, and names the row on the charge (which is not saved)."""
    debit = charge["payment_method_details"]["type"] == "sepa_debit"
    amount, currency = charge["amount_captured"], charge["currency"]
    fee = processing_fee(amount, currency, debit)
    row = book(bank, charge, "payment:charge" if debit else "charge", amount, fee)
    charge["balance_transaction"] = row["id"]


def processing_fee(amount: int, currency: str, debit: bool = False) -> int:
    """In the currency's smallest unit, rounded half up, and never more than was paid."""
    percent, fixed = DEBIT_FEE if debit else CARD_FEE
    share = (amount * percent / 100).quantize(Decimal(1), ROUND_HALF_UP)
    return min(amount, int(share) + scaled(fixed, currency))


def scaled(hundredths: int, currency: str) -> int:
    """An amount in hundredths as the same number of a currency's large units."""
    places = decimals(currency)
    return hundredths * 10 if places == 3 else hundredths if places == 2 else -(-hundredths // 100)


def list_(bank: Bank, params: Json) -> Json:
    return listing(bank, KIND, "/v1/balance_transactions", params)
