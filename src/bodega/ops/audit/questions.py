"""A question: a name, a query that returns what is wrong, and what that means for the shop."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from bodega.ops.audit.books import Books, Row
from bodega.ops.doctor.findings import Level

Find = Callable[[Books], Iterable[Row]]


@dataclass(frozen=True)
class Question:
    """`id`: "theme.question", stable, for programs. `asks`: what is true when nothing is found.

    `says`: a sentence for one row, with its columns in braces; `money`: those that are minor units of
    the row's `currency`. `why` it matters, and the `hint`: what to do next.
    """

    id: str
    asks: str
    find: Find
    says: str
    why: str
    hint: str
    level: Level = Level.BAD
    money: tuple[str, ...] = ()

    def sentence(self, row: Row) -> str:
        """A row, for people."""
        return self.says.format(**{name: self._shown(name, row) for name in row})

    def _shown(self, name: str, row: Row) -> Any:
        value = row[name]
        if value is None:
            return "nothing"
        return spoken(value, row["currency"]) if name in self.money else value


@dataclass(frozen=True)
class Answer:
    """What a question found: how many rows, and the first of them. `error`: it could not be asked."""

    question: Question
    count: int = 0
    rows: list[Row] = field(default_factory=list)
    error: str = ""

    @property
    def level(self) -> Level:
        if self.error:
            return Level.BAD
        return self.question.level if self.count else Level.OK


def ask(question: Question, books: Books, most: int) -> Answer:
    """Ask it; `most` rows are kept. One that cannot be asked is an answer too."""
    try:
        found = iter(question.find(books))
        rows = list(islice(found, most))
        return Answer(question, len(rows) + sum(1 for _ in found), rows)
    except (OSError, sqlite3.Error) as error:
        return Answer(question, error=str(error))


def sql(text: str, *, settled: int = 0) -> Find:
    """A query without parameters, or with the moment before which rows are settled, so many times."""

    def find(books: Books) -> Iterator[Row]:
        yield from books.rows(text, *[books.settled] * settled)

    return find


def spoken(amount: int, currency: str) -> str:
    """Money for people; a currency nobody knows is one of the things that can be wrong."""
    from bodega.lib.money import Money, UnknownCurrency

    try:
        return str(Money(amount, currency))
    except UnknownCurrency:
        return f"{amount} {currency or '(no currency)'}"


def plain(row: Row) -> dict[str, Any]:
    """A row for programs: what JSON has no word for becomes a text."""
    told: dict[str, Any] = json.loads(json.dumps(dict(row), default=str))
    return told
