"""What a merchant may say about herself."""

import pytest
from django.core.exceptions import ValidationError

from bodega.merchant.models import Merchant


def test_the_usual_prefixes_are_fine() -> None:
    for merchant in (Merchant(), Merchant(invoice_prefix="", credit_note_prefix="2026-C/")):
        merchant.clean()  # raises what it refuses
        assert merchant.invoice_prefix != merchant.credit_note_prefix


@pytest.mark.parametrize(
    ("invoices", "credit_notes", "field"),
    [
        ("A-", "A-", "credit_note_prefix"),
        ("", "", "credit_note_prefix"),
        ("R2026", "CN-", "invoice_prefix"),
        ("R-", "CN1", "credit_note_prefix"),
    ],
)
def test_prefixes_that_make_two_numbers_look_alike_are_refused(
    invoices: str, credit_notes: str, field: str
) -> None:
    merchant = Merchant(invoice_prefix=invoices, credit_note_prefix=credit_notes)
    with pytest.raises(ValidationError) as refused:
        merchant.clean()
    assert list(refused.value.message_dict) == [field]
