"""Every question, one after the other."""

from collections.abc import Iterable, Iterator

from bodega.ops.audit import (
    files,
    gaps,
    journal,
    machinery,
    orders,
    papers,
    payments,
    stock,
)
from bodega.ops.audit.books import Books
from bodega.ops.audit.questions import Answer, Question, ask

FIRST = 10  # rows of each answer that are kept

QUESTIONS: dict[str, Question] = {
    question.id: question
    for theme in (orders, gaps, journal, payments, stock, papers, machinery, files)
    for question in theme.QUESTIONS
}


class NoSuchQuestion(LookupError):
    """The message says which there are."""


def choose(names: Iterable[str]) -> list[Question]:
    """The questions of these ids or themes ("orders"), all for none. Raises NoSuchQuestion."""
    wanted = list(names)
    for name in wanted:
        if not any(_is_meant(name, id_) for id_ in QUESTIONS):
            raise NoSuchQuestion(f"there is no question '{name}'. See: bodega audit --list")
    return [
        question
        for id_, question in QUESTIONS.items()
        if not wanted or any(_is_meant(name, id_) for name in wanted)
    ]


def examine(books: Books, questions: Iterable[Question], most: int = FIRST) -> Iterator[Answer]:
    """Ask them; `most` rows of each answer are kept, all are counted."""
    return (ask(question, books, most) for question in questions)


def _is_meant(name: str, id_: str) -> bool:
    return name in (id_, id_.partition(".")[0])
