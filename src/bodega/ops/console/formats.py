"""Answers for people and for programs: an aligned table, CSV or JSON, streamed row by row."""

import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, TextIO

from bodega.ops.console.asking import Row
from bodega.ops.console.tables import table

Format = Callable[[Sequence[str], Iterable[Row]], Iterator[str]]
NEEDS_QUOTES = re.compile(r'[",\r\n]|^\s|\s$')


def csv(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """RFC 4180 with plain line feeds. NULL is nothing, the empty text is `""`, a blob hexadecimal."""
    yield ",".join(map(_csv_cell, columns))
    for row in rows:
        yield ",".join(map(_csv_cell, row))


def json(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    """An array of objects, one a line, the comma in front. Columns of the same name get a number."""
    from json import dumps

    names = unique(columns)
    opening = "["
    for row in rows:
        values = [value.hex() if isinstance(value, bytes) else value for value in row]
        yield opening + dumps(dict(zip(names, values, strict=True)), ensure_ascii=False)
        opening = ","
    yield "[]" if opening == "[" else "]"


def aligned_table(*, width: int | None) -> Format:
    """The format for people; texts are cut to the terminal's `width` in characters, unless None."""
    return lambda columns, rows: table(columns, rows, width)


def write(lines: Iterable[str], out: TextIO = sys.stdout) -> None:
    """Write lines, and have them seen."""
    for line in lines:
        out.write(f"{line}\n")
    out.flush()


def unique(names: Sequence[str]) -> list[str]:
    """The names, each once: count, count:2, count:3."""
    seen: dict[str, int] = {}
    found = []
    for name in names:
        seen[name] = seen.get(name, 0) + 1
        found.append(name if seen[name] == 1 else f"{name}:{seen[name]}")
    return found


def _csv_cell(value: Any) -> str:
    if value is None:
        return ""
    text = value.hex() if isinstance(value, bytes) else str(value)
    if text and not NEEDS_QUOTES.search(text):
        return text
    return '"' + text.replace('"', '""') + '"'
