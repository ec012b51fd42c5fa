"""Credit notes give back exactly the tax that was charged, in however many parts."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bodega.lib.money import split
from bodega.orders.papers.crediting import Asked, Credit, credit
from bodega.taxes.amounts import Rate, contained
from tests.orders.papers.samples import REDUCED, STANDARD, invoice_content

rates = st.sampled_from([STANDARD, REDUCED, Rate("", 0), Rate("Sales tax", 88_750)])
goods = st.lists(
    st.tuples(st.integers(1, 99_999), st.integers(1, 9), rates), min_size=1, max_size=6
)
weights = st.lists(st.integers(0, 50), min_size=1, max_size=7).filter(any)


def noted(given: Credit) -> dict[str, Any]:
    """The credit as the content of a credit note, as far as later ones look at it."""
    return {"taxes": list(given.taxes)}


@given(goods, weights, st.integers(0, 5000), st.booleans())
def test_credit_notes_over_everything_state_exactly_the_invoices_taxes(
    goods: Any, weights: list[int], shipping: int, inclusive: bool
) -> None:
    invoice = invoice_content(goods, shipping=shipping, inclusive=inclusive)
    earlier: list[dict[str, Any]] = []
    for part in split(invoice["total"], weights):
        given = credit(invoice, earlier, Asked(part))
        assert sum(row["net"] + row["tax"] for row in given.taxes) == given.total == part
        assert all(row["tax"] >= 0 and row["net"] >= 0 for row in given.taxes)
        earlier.append(noted(given))
    for row in invoice["taxes"]:
        credited = [
            each
            for note in earlier
            for each in note["taxes"]
            if (each["name"], each["ppm"]) == (row["name"], row["ppm"])
        ]
        assert sum(each["tax"] for each in credited) == row["tax"]
        assert sum(each["net"] for each in credited) == row["net"]


def test_rounding_each_note_for_itself_ends_beside_the_invoice() -> None:
    """The control: what the cumulative rule is for."""
    invoice = invoice_content([(1000, 1, STANDARD)], shipping=0)
    thirds = split(invoice["total"], [1, 1, 1])
    assert sum(contained(part, STANDARD.ppm) for part in thirds) != invoice["tax"]


@given(goods, st.booleans())
def test_a_line_that_goes_back_takes_its_own_rate_with_it(goods: Any, inclusive: bool) -> None:
    invoice = invoice_content(goods, shipping=0, inclusive=inclusive)
    line = invoice["lines"][0]
    gross = line["subtotal"] + (0 if inclusive else line["tax"])
    given = credit(invoice, [], Asked(gross, [(line, line["quantity"], gross)]))
    [row] = given.taxes
    assert (row["name"], row["ppm"]) == (line["tax_name"], line["tax_ppm"])
    assert abs(row["tax"] - line["tax"]) <= len(goods)
    assert (given.rest, given.shipping) == (0, 0)


def test_shipping_goes_back_under_the_rates_it_was_charged_with() -> None:
    invoice = invoice_content([(1000, 1, STANDARD), (3000, 1, REDUCED)], shipping=400)
    given = credit(invoice, [], Asked(400, shipping=400))
    assert {row["ppm"]: row["net"] + row["tax"] for row in given.taxes} == {
        190_000: 100,
        70_000: 300,
    }
    assert given.shipping == 400


def test_never_more_than_is_left_is_credited() -> None:
    invoice = invoice_content([(1000, 1, STANDARD)], shipping=0)
    first = credit(invoice, [], Asked(700))
    second = credit(invoice, [noted(first)], Asked(700))
    assert (first.total, second.total) == (700, 300)
    assert first.tax + second.tax == invoice["tax"]
    assert credit(invoice, [noted(first), noted(second)], Asked(1)).total == 0


def test_a_rate_that_cannot_bear_a_line_any_more_leaves_the_rest_to_the_others() -> None:
    invoice = invoice_content([(1000, 1, STANDARD), (1000, 1, REDUCED)], shipping=0)
    reduction = credit(invoice, [], Asked(1000))
    line = invoice["lines"][0]
    given = credit(invoice, [noted(reduction)], Asked(1000, [(line, 1, 1000)]))
    assert given.total == 1000
    assert sum(row["net"] + row["tax"] for row in given.taxes) == 1000
    assert reduction.tax + given.tax == invoice["tax"]


def test_lines_that_make_more_than_the_total_are_a_mere_reduction() -> None:
    invoice = invoice_content([(1000, 2, STANDARD)])
    given = credit(invoice, [], Asked(500, [(invoice["lines"][0], 1, 1000)]))
    assert (given.lines, given.rest, given.total) == ((), 500, 500)
