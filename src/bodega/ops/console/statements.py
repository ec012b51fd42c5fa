"""Where a statement ends: at a semicolon, unless it stands in a text, a comment or a trigger's body."""

import sqlite3
from collections.abc import Iterable, Iterator

# Whether a text ends where a statement may end. Knows texts, comments and CREATE TRIGGER.
is_complete = sqlite3.complete_statement


def statements(lines: Iterable[str]) -> Iterator[str]:
    """The statements of a text given in lines, as soon as each is complete; the last needs no `;`."""
    pending = ""
    for line in lines:
        for piece in _pieces(line):
            pending += piece
            if piece.endswith(";") and is_complete(pending):
                yield pending.strip()
                pending = ""
    if not is_blank(pending):
        yield pending.strip()


def is_blank(text: str) -> bool:
    """Whether nothing but spaces and comments is there, so that there is nothing to run."""
    rest = text.strip().strip(";").strip()
    while rest.startswith(("--", "/*")):
        _, _, rest = rest.partition("\n" if rest.startswith("--") else "*/")
        rest = rest.strip().strip(";").strip()
    return not rest


def _pieces(line: str) -> Iterator[str]:
    *ended, rest = line.split(";")
    yield from (f"{piece};" for piece in ended)
    if rest:
        yield rest
