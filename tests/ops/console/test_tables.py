import pytest
from hypothesis import given
from hypothesis import strategies as st

from bodega.ops.console.tables import clean, cut, display_width, fitted, table


def test_columns_are_aligned_numbers_to_the_right_and_null_is_seen() -> None:
    assert list(table(["id", "name"], [(1, "Fern"), (10, None)], None)) == [
        "id  name",
        "──  ────",
        " 1  Fern",
        "10  NULL",
    ]


def test_an_answer_without_rows_still_has_its_columns() -> None:
    assert list(table(["id", "name"], [], 80)) == ["id  name", "──  ────"]


def test_a_text_is_cut_on_a_terminal_and_nowhere_else() -> None:
    rows = [(1, "x" * 100)]
    assert list(table(["id", "text"], rows, 20))[-1] == " 1  " + "x" * 15 + "…"
    assert list(table(["id", "text"], rows, None))[-1] == " 1  " + "x" * 100


def test_a_row_with_too_many_columns_is_written_a_column_a_line() -> None:
    lines = list(table(["first", "b", "c", "d"], [(1, None, "x" * 50, b"\x00")], 24))
    assert lines == [
        "── 1 ──",
        "first  1",
        "    b  NULL",
        "    c  " + "x" * 16 + "…",
        "    d  x'00'",
    ]


def test_a_customers_text_cannot_command_the_terminal() -> None:
    assert clean("a\x1b[31mred\nb\u202e") == "a\\x1b[31mred\\nb\\u202e"
    assert list(table(["a\x07"], [("\x1b",)], None)) == ["a\\x07", "─────", "\\x1b"]


def test_widths_are_those_of_a_terminal() -> None:
    assert display_width("abc") == 3
    assert display_width("日本") == 4
    assert display_width("e\u0301") == 1
    assert cut("日本語", 5) == "日本…"


def test_rows_after_the_sample_keep_to_the_columns() -> None:
    rows = [("ab",)] * 300 + [("longer than the sample",)]
    assert list(table(["a"], rows, None))[-1] == "l…"


@pytest.mark.parametrize(
    ("wanted", "width", "given_widths"),
    [
        ([5, 5], None, [5, 5]),
        ([5, 5], 80, [5, 5]),
        ([4, 50], 30, [4, 24]),
        ([40, 50], 32, [15, 15]),
        ([6, 6, 6], 10, [6, 6, 6]),
    ],
)
def test_the_widest_column_gives_way_first(
    wanted: list[int], width: int | None, given_widths: list[int]
) -> None:
    assert fitted(wanted, width) == given_widths


@given(st.lists(st.integers(1, 300), min_size=1, max_size=8), st.integers(70, 200))
def test_a_table_never_is_wider_than_its_terminal(wanted: list[int], width: int) -> None:
    assert sum(fitted(wanted, width)) + 2 * (len(wanted) - 1) <= width


@given(st.lists(st.tuples(st.text(), st.integers() | st.none()), max_size=5), st.integers(20, 90))
def test_every_line_fits_whatever_is_in_it(rows: list[tuple[object, ...]], width: int) -> None:
    assert all(display_width(line) <= width for line in table(["text", "number"], rows, width))
