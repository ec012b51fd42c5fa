"""Invoices and credit notes as people read them."""

import re
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from bodega.orders.papers import bill
from bodega.orders.papers.crediting import Asked, credit
from bodega.taxes.amounts import Rate
from tests.orders.papers.samples import (
    REDUCED,
    STANDARD,
    address,
    invoice_content,
    merchant,
    text_of,
)

GOODS = [(2950, 2, STANDARD), (1890, 1, REDUCED)]


def test_everything_that_the_law_wants_is_on_it() -> None:
    text = text_of(bill.invoice(invoice_content(GOODS, discount=[500, 0])))
    for words in (
        *("Bodega Prints GmbH", "Weserstraße 42", "12045 Berlin", "VAT id DE136695976"),
        *("Ada Lovelace", "Torstr. 1", "10115 Berlin"),
        *("Invoice INV-00042", "Nov 22, 2026", "B-1001", "2–4 working days"),
        *("Dunes", "A3 / oak · SKU-1", "€29.50", "€59.00", "19 %", "7 %"),
        *("Discount AUTUMN", "–€5.00", "Parcel", "€4.90", "€77.80"),
        *("VAT 19 %", "VAT 7 %", "Page 1 of 1"),
    ):
        assert words in text, words


def test_the_table_of_taxes_is_as_in_the_content() -> None:
    content = invoice_content(GOODS)
    text = text_of(bill.invoice(content))
    for row in content["taxes"]:
        for amount in (row["net"], row["tax"], row["net"] + row["tax"]):
            assert f"€{amount / 100:.2f}" in text


def test_the_same_content_makes_the_same_bytes() -> None:
    content = invoice_content(GOODS)
    assert bill.invoice(content) == bill.invoice(content)
    assert bill.invoice(content) != bill.invoice({**content, "number": "INV-00043"})


def test_the_file_says_what_it_is() -> None:
    reader = PdfReader(BytesIO(bill.invoice(invoice_content(GOODS))))
    assert reader.metadata
    assert reader.metadata.title == "Invoice INV-00042"
    assert reader.metadata.author == "Bodega Prints GmbH"
    assert reader.root_object["/Lang"] == "en"


def test_sixty_lines_fill_several_pages_each_with_head_and_number() -> None:
    pdf = bill.invoice(invoice_content([(1000, 1, STANDARD)] * 60))
    pages = [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]
    assert 3 <= len(pages) <= 4
    for number, page in enumerate(pages, 1):
        assert f"Page {number} of {len(pages)}" in page
        assert "Bodega Prints GmbH" in page
        assert ("continued" in page) is (number > 1)
        assert "Article" in page or number == len(pages)
    found = [int(n) for n in re.findall(r"SKU-(\d+)", "\n".join(pages))]
    assert found == list(range(1, 61))
    assert "Total" in pages[-1]


def test_nothing_is_put_upon_the_foot_however_many_lines_there_are() -> None:
    for count in range(9, 33, 2):
        pdf = bill.invoice(invoice_content([(1000, 1, STANDARD)] * count))
        assert lowest_above_foot(pdf) > 84, count


def lowest_above_foot(pdf: bytes) -> float:
    """The baseline of the lowest text of the body, from the paper's lower edge, in points."""
    heights: list[float] = []

    def visit(text: str, _cm: Any, tm: list[float], _font: Any, size: float) -> None:
        if text.strip() and size > 7.3:  # the foot is set smaller than everything else
            heights.append(tm[5])

    for page in PdfReader(BytesIO(pdf)).pages:
        page.extract_text(visitor_text=visit)
    return min(heights)


@pytest.mark.parametrize(
    ("currency", "language", "written"),
    [
        ("JPY", "ja", "¥29,500"),
        ("KWD", "en", "KWD 29.500"),
        ("EUR", "de", "295,00 €"),
        ("CHF", "de-CH", "CHF 295.00"),
        ("USD", "en-US", "$295.00"),
    ],
)
def test_amounts_have_the_currencys_decimals_and_the_languages_signs(
    currency: str, language: str, written: str
) -> None:
    content = invoice_content(
        [(29_500, 1, STANDARD)], shop=merchant(language=language), order={"currency": currency}
    )
    assert written in text_of(bill.invoice(content))


@pytest.mark.parametrize(
    "name",
    [
        "Νίκος Καζαντζάκης",
        "Марина Цветаева",
        "Jürgen Weiß-Öztürk",
        "Łukasz Żółć",
        "Đặng Thị Ngọc",
        "Ἀριστοτέλης",
    ],
)
def test_names_of_europe_are_printed_as_they_are_written(name: str) -> None:
    content = invoice_content(GOODS, addresses=[address(name=name)])
    assert name in text_of(bill.invoice(content))


def test_what_cannot_be_printed_leaves_a_sign_and_no_error() -> None:
    content = invoice_content(GOODS, addresses=[address(name="محمد \x00\u200b Ali")])
    assert "Ali" in text_of(bill.invoice(content))


def test_a_small_merchant_without_vat_says_so_in_a_sentence() -> None:
    shop = merchant(vat_id="", language="de", invoice_note="Gemäß § 19 UStG ohne Steuer.")
    text = text_of(bill.invoice(invoice_content([(1000, 1, Rate("", 0))], shop=shop)))
    assert "enthält keine Umsatzsteuer" in text
    assert "Gemäß § 19 UStG ohne Steuer." in text
    assert "USt-IdNr." not in text
    assert "Steuernr. 30/123/45678" in text


def test_prices_without_tax_show_the_tax_above_the_total() -> None:
    content = invoice_content([(10_000, 1, STANDARD)], shipping=0, inclusive=False)
    text = text_of(bill.invoice(content))
    assert text.index("VAT 19 %") < text.index("€119.00")


def test_goods_that_are_collected_say_so() -> None:
    content = invoice_content(GOODS, order={"is_pickup": True})
    text = text_of(bill.invoice(content))
    assert "Picked up in the shop" in text
    assert "working days" not in text


def test_a_word_without_end_is_cut_and_stays_on_the_paper() -> None:
    pdf = bill.invoice(invoice_content(GOODS, title="W" * 120))
    assert text_of(pdf).replace("\n", "").count("W") >= 240


def test_a_credit_note_names_its_invoice_and_its_taxes() -> None:
    invoice = invoice_content(GOODS)
    line = invoice["lines"][0]
    given = credit(invoice, [], Asked(3540, [(line, 1, 2950)], shipping=490))
    note = {
        **invoice,
        "kind": "credit_note",
        "number": "CN-00007",
        "corrects": {"number": "INV-00042", "issued": "2026-11-20"},
        "lines": list(given.lines),
        "shipping": given.shipping,
        "rest": given.rest,
        "taxes": list(given.taxes),
        "tax": given.tax,
        "total": given.total,
    }
    text = text_of(bill.credit_note(note))
    for words in (
        *("Credit note CN-00007", "INV-00042 of Nov 20, 2026", "Ada Lovelace"),
        *("€29.50", "€4.90", "Price reduction", "€1.00", "Credited in all", "€35.40"),
    ):
        assert words in text, words


def test_a_mere_reduction_is_a_credit_note_without_articles() -> None:
    invoice = invoice_content(GOODS)
    given = credit(invoice, [], Asked(100))
    corrects = {"number": "INV-00042", "issued": "2026-11-20"}
    note = {**invoice, "corrects": corrects, "lines": [], "shipping": 0, "rest": 100}
    note |= {"taxes": list(given.taxes), "tax": given.tax, "total": 100}
    text = text_of(bill.credit_note(note))
    assert "Price reduction" in text
    assert "Article" not in text
