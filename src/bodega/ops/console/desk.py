"""The desk at which somebody asks: which files, in which format, with whom to talk."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from time import monotonic
from typing import NamedTuple, TextIO

from bodega.databases.looking import Reader
from bodega.ops.console.asking import Asker, Refused, Row
from bodega.ops.console.formats import Format, write

Speak = Callable[[str], None]


class Desk(NamedTuple):
    """Everything a question needs. `seconds`: for each statement; 0 means no limit."""

    reader: Reader
    show: Format
    seconds: float
    out: TextIO
    speak: Speak
    is_for_people: bool

    def answer(self, statement: str) -> None:
        """Run a statement and show what comes out of it. Raises Refused."""
        began = monotonic()
        asker = Asker(self.reader.connection, self.seconds)
        rows = count()
        with asker.ask(statement) as cursor:
            if cursor.description:
                columns = [name for name, *_ in cursor.description]
                write(self.show(columns, _counted(cursor, rows)), self.out)
        if not self.reader.is_current():
            raise Refused("the shop was opened just now, so this may be half a truth. Ask again.")
        if self.is_for_people:
            number = next(rows)
            self.speak(f"{number:,} row{'s'[: number != 1]}, {monotonic() - began:.3f} s")


def terminal_columns(out: TextIO) -> int | None:
    """How wide the terminal is; None when the answer goes into a file or a pipe."""
    if not out.isatty():
        return None
    try:
        return max(os.get_terminal_size(out.fileno()).columns, 20)
    except OSError:
        return 80


def speak_aside(sentence: str) -> None:
    """Say something that is no part of the answer."""
    print(sentence, file=sys.stderr, flush=True)


def _counted(rows: Iterable[Row], counter: Iterator[int]) -> Iterator[Row]:
    for row in rows:
        next(counter)
        yield row
