"""Answers as aligned tables for people, with every NULL, blob and control character to be seen."""

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any

from bodega.ops.console.asking import Row

Shape = tuple[int, bool]  # of a column: its width, and whether it is aligned to the right
NULL = "NULL"
GAP = "  "
SAMPLED_ROWS, SAMPLED_CHARACTERS = 200, 200_000  # what column widths are measured on
NARROWEST = 6  # characters of a column that is cut


def table(columns: Sequence[str], rows: Iterable[Row], width: int | None) -> Iterator[str]:
    """The lines of a table. `width`: characters of the terminal, to which texts are cut; None: whole.

    A row whose columns do not fit however much they are cut is written a column a line.
    """
    rows = iter(rows)
    sample = list(_sampled(rows, width))
    names = [clean(name) for name in columns]
    wanted = [
        max(map(display_width, cells))
        for cells in zip(names, *([cell(value) for value in row] for row in sample), strict=True)
    ]
    numeric = [all(map(_is_number, values)) for values in zip(*sample, strict=True)]
    everything = chain(sample, (_clipped(row, width) for row in rows))
    if width and len(names) > 1 and len(names) * (NARROWEST + len(GAP)) > width:
        return records(names, everything, width)
    to_right = numeric or [False] * len(names)
    return _lines(names, everything, list(zip(fitted(wanted, width), to_right, strict=True)))


def _lines(names: Sequence[str], rows: Iterable[Row], shapes: Sequence[Shape]) -> Iterator[str]:
    yield _line(names, shapes)
    yield GAP.join("─" * width for width, _ in shapes)
    for row in rows:
        yield _line([cell(value) for value in row], shapes)


def records(names: Sequence[str], rows: Iterable[Row], width: int) -> Iterator[str]:
    """A column a line, rows apart by a rule."""
    label = min(max(map(display_width, names), default=0), max(width // 3, NARROWEST))
    for number, row in enumerate(rows, 1):
        yield f"── {number} ──"
        for name, value in zip(names, row, strict=True):
            text = cut(cell(value), max(width - label - len(GAP), NARROWEST))
            yield f"{aligned(name, label, to_right=True)}{GAP}{text}"


def fitted(wanted: Sequence[int], width: int | None) -> list[int]:
    """Column widths that fit: the widest give way first, none below NARROWEST."""
    widths = list(wanted)
    if width is None or not widths:
        return widths
    surplus = sum(widths) + len(GAP) * (len(widths) - 1) - width
    while surplus > 0 and max(widths) > NARROWEST:
        widest = max(widths)
        next_widest = max([w for w in widths if w < widest] + [NARROWEST])
        those = [index for index, w in enumerate(widths) if w == widest]
        step = min(widest - next_widest, max(surplus // len(those), 1))
        for index in those[: max(surplus, 1)]:
            widths[index] -= step
            surplus -= step
    return widths


def cell(value: Any) -> str:
    """A value as people read it. Control characters are escaped: a customer's text must not be able
    to command the terminal."""
    if value is None:
        return NULL
    if isinstance(value, bytes):
        return f"x'{value.hex()}'"
    return clean(str(value))


def clean(text: str) -> str:
    """`text` on one line, control and formatting characters escaped."""
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() else _escaped(letter) for letter in text)


def display_width(text: str) -> int:
    """How many columns of a terminal a text takes: Chinese letters take two, combining marks none."""
    if text.isascii():
        return len(text)
    return sum(map(_letter_width, text))


def aligned(text: str, width: int, *, to_right: bool) -> str:
    """The text in a column of `width`, cut when it is longer."""
    text = cut(text, width)
    padding = " " * (width - display_width(text))
    return padding + text if to_right else text + padding


def cut(text: str, width: int) -> str:
    """The text, its end replaced by … when it takes more than `width` columns."""
    if display_width(text) <= width:
        return text
    taken, kept = 0, []
    for letter in text:
        taken += _letter_width(letter)
        if taken > width - 1:
            break
        kept.append(letter)
    return "".join(kept) + "…"


def _letter_width(letter: str) -> int:
    if unicodedata.combining(letter):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode()


def _line(cells: Sequence[str], shapes: Sequence[Shape]) -> str:
    return GAP.join(
        aligned(text, width, to_right=to_right)
        for text, (width, to_right) in zip(cells, shapes, strict=True)
    ).rstrip()


def _is_number(value: Any) -> bool:
    return value is None or isinstance(value, int | float)


def _sampled(rows: Iterator[Row], width: int | None) -> Iterator[Row]:
    characters = 0
    for number, row in enumerate(rows, 1):
        clipped = _clipped(row, width)
        yield clipped
        characters += sum(len(value) for value in clipped if isinstance(value, str | bytes))
        if number >= SAMPLED_ROWS or characters >= SAMPLED_CHARACTERS:
            return


def _clipped(row: Row, width: int | None) -> Row:
    """The row without the ends of texts that will be cut anyway, so that they need no memory."""
    if width is None:
        return row
    return [value[: width + 1] if isinstance(value, str | bytes) else value for value in row]
