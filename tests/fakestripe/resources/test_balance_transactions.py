import pytest
from hypothesis import given
from hypothesis import strategies as st
from stripe import StripeClient

from fakestripe.resources.balance_transactions import processing_fee, scaled
from fakestripe.testing import Handle
from tests.fakestripe.conftest import OpenSession, untyped


def rows(client: StripeClient, **filters: object) -> list[tuple[str, str, int]]:
    found = client.v1.balance_transactions.list(untyped(**filters)).data
    return [(row.type, row.reporting_category, row.amount) for row in found]


def test_a_charge_brings_its_amount_less_a_fee(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    fake.pay(open_session().id)
    (charge,) = client.v1.charges.list({"expand": ["data.balance_transaction"]}).data
    row = charge.balance_transaction
    assert row is not None
    assert not isinstance(row, str)
    assert (row.amount, row.fee, row.net, row.currency) == (2500, 63, 2437, "eur")
    assert sum(part.amount for part in row.fee_details) == row.fee
    assert (row.source, row.status) == (charge.id, "available")


def test_every_movement_has_its_row_and_the_rows_add_up(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    fake.pay(open_session().id)
    charge = fake.ledger()[0]["charge"]
    refund = client.v1.refunds.create({"charge": charge, "amount": 700})
    fake.dispute(charge)
    assert rows(client) == [
        ("adjustment", "dispute", -1800), ("refund", "refund", -700), ("charge", "charge", 2500)
    ]  # fmt: skip
    assert rows(client, source=refund.id) == [("refund", "refund", -700)]
    assert rows(client, type="charge") == [("charge", "charge", 2500)]
    found = client.v1.balance_transactions.retrieve(str(refund.balance_transaction))
    assert (found.net, found.source) == (-700, refund.id)


def test_what_brought_no_money_has_no_row(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    fake.pay(open_session().id, card="4000000000000002")
    fake.pay(open_session().id, account="DE62370400440532013001")
    fake.advance(11)
    assert [charge.balance_transaction for charge in client.v1.charges.list().data] == [None, None]
    assert rows(client) == []


def test_a_debit_is_booked_when_it_clears(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    fake.pay(open_session().id, account="DE89370400440532013000")
    assert rows(client) == []
    fake.advance(11)
    assert rows(client) == [("payment", "charge", 2500)]
    client.v1.refunds.create({"charge": fake.ledger()[0]["charge"]})
    assert rows(client)[0] == ("payment_refund", "refund", -2500)


@given(st.integers(1, 99_999_999), st.sampled_from(["eur", "jpy", "kwd"]), st.booleans())
def test_a_fee_is_never_negative_nor_more_than_was_paid(
    amount: int, currency: str, debit: bool
) -> None:
    assert 0 < processing_fee(amount, currency, debit) <= amount


@pytest.mark.parametrize(("currency", "amount"), [("eur", 25), ("kwd", 250), ("jpy", 1)])
def test_a_fixed_part_is_as_many_large_units_in_every_currency(currency: str, amount: int) -> None:
    assert scaled(25, currency) == amount
