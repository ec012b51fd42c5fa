"""Every order id that is missing, and what became of it (design 5.3).

A gap in the numbers is never counted, it is explained: a duplicate that was refused draws an id and
leaves a gap in which there never was an order. So each missing id is one of `Fate`, on the word of a
tombstone, of the order journal, or of a row that was rebuilt elsewhere; and only what nobody can explain
is a finding.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from itertools import groupby

from bodega.databases import soundness
from bodega.ops.audit.books import Books, Row
from bodega.ops.audit.questions import Question, spoken
from bodega.ops.audit.testimony import Remembered, Testimony, hear

RANGES = """
    SELECT before + 1 AS first, id - 1 AS last FROM
        (SELECT id, coalesce(lag(id) OVER (ORDER BY id), 0) AS before FROM orders_order) t
    WHERE id > before + 1 ORDER BY id
"""
TOMBSTONES = "SELECT order_id, number, reason, actor, at FROM orders_tombstone ORDER BY order_id"


class Fate(StrEnum):
    """What became of an id."""

    CONFLICT = "conflict"  # it never was an order: nobody was told about one
    DELETED = "deleted"  # on purpose; the tombstone says by whom, when and why
    REBUILT = "rebuilt"  # from Stripe, under another id
    RESTORED = "restored"  # an unpaid order, younger than the backup that was restored
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True)
class Gap:
    """Ids from `first` to `last` that share a fate. `told`: a sentence for people."""

    first: int
    last: int
    fate: Fate
    told: str

    @property
    def ids(self) -> str:
        return str(self.first) if self.first == self.last else f"{self.first} to {self.last}"


@lru_cache(maxsize=1)
def explain(books: Books) -> list[Gap]:
    """Every missing id, lowest first; orders whose id was given again come where their id is."""
    heard = hear(books)
    found = list(_known(books, heard))
    known = sorted({gap.first for gap in found})
    for first, last in _missing(books, heard):
        found += _unknown(first, last, [each for each in known if first <= each <= last], heard)
    return list(_joined(sorted(found, key=lambda gap: gap.first)))


def _missing(books: Books, heard: Testimony) -> Iterator[tuple[int, int]]:
    """Ranges of ids without a row, up to the highest id anybody heard of."""
    for row in books.rows(RANGES):
        yield row["first"], row["last"]
    last = books.value("SELECT coalesce(max(id), 0) FROM orders_order")
    drawn = soundness.sequence(books.connection, "orders_order") or 0
    buried = books.value("SELECT coalesce(max(order_id), 0) FROM orders_tombstone")
    if (top := max(drawn, buried, heard.highest)) > last:
        yield last + 1, top


def _known(books: Books, heard: Testimony) -> Iterator[Gap]:
    """What somebody can say about single ids."""
    buried = {row["order_id"]: row for row in books.rows(TOMBSTONES)}
    for order_id, row in buried.items():
        told = f"{row['number']} was deleted by {row['actor']} on {_minute(row['at'])}: {row['reason']}"
        if not books.value("SELECT count(*) FROM orders_order WHERE id = ?", order_id):
            yield Gap(order_id, order_id, Fate.DELETED, told)
    for order in heard.lost.values():
        if order.order_id not in buried or buried[order.order_id]["number"] != order.number:
            yield _lost(order, books)
    for order_id, number in heard.moved.items():
        yield Gap(order_id, order_id, Fate.REBUILT, f"rebuilt from Stripe as order {number}")


def _lost(order: Remembered, books: Books) -> Gap:
    """An order that somebody was told about, and that has neither a row nor a tombstone."""
    gap = Gap(order.order_id, order.order_id, Fate.UNEXPLAINED, "")
    placed = f"{order.number} was placed on {_minute(order.placed)}"
    if order.is_paid:
        amount = spoken(order.total, order.currency)
        return replace(gap, told=f"{placed} and PAID ({amount}); its row is gone")
    for instant, at in books.restores:
        if instant <= order.placed <= at:
            told = (
                f"{order.number} was never paid, and is younger than the backup that was restored"
            )
            return replace(gap, fate=Fate.RESTORED, told=f"{told} ({_minute(instant)})")
    return replace(gap, told=f"{placed} and never paid; its row is gone")


def _unknown(first: int, last: int, known: Iterable[int], heard: Testimony) -> Iterator[Gap]:
    """The ids of a range that nobody ever mentioned."""
    for low, high in _between(first, last, sorted(known)):
        if heard.first is None:
            yield Gap(low, high, Fate.UNEXPLAINED, "there is no order journal that could tell")
            continue
        if low < heard.first:
            end = min(high, heard.first - 1)
            yield Gap(low, end, Fate.UNEXPLAINED, "older than the order journal, which cannot tell")
        if (low := max(low, heard.first)) > high:
            continue
        if heard.is_whole:
            told = "never was an order: the journal is whole and nobody was told about one"
            yield Gap(low, high, Fate.CONFLICT, told)
        else:
            told = "the order journal has lost records, and cannot tell"
            yield Gap(low, high, Fate.UNEXPLAINED, told)


def _between(first: int, last: int, known: Iterable[int]) -> Iterator[tuple[int, int]]:
    for each in known:
        if first < each:
            yield first, each - 1
        first = each + 1
    if first <= last:
        yield first, last


def _joined(gaps: Iterable[Gap]) -> Iterator[Gap]:
    """Neighbours of one fate as one range."""
    for _, same in groupby(gaps, key=lambda gap: (gap.fate, gap.told)):
        run: Gap | None = None
        for gap in same:
            if run is not None and gap.first == run.last + 1:
                run = replace(run, last=gap.last)
            else:
                if run is not None:
                    yield run
                run = gap
        if run is not None:
            yield run


def _minute(moment: datetime | str) -> str:
    return f"{str(moment)[:16]} UTC"


def unexplained(books: Books) -> Iterator[Row]:
    """The gaps that ring."""
    for gap in explain(books):
        if gap.fate is Fate.UNEXPLAINED:
            yield {"ids": gap.ids, "first": gap.first, "last": gap.last, "told": gap.told}


QUESTIONS = (
    Question(
        "orders.gaps",
        "Every order id that is missing is explained.",
        unexplained,
        "id {ids}: {told}",
        "An order that a customer was told about may be lost.",
        "Rebuild what was paid from Stripe: bodega reconcile. If you know what became of it, say so "
        "with a row of orders_tombstone (docs/audit.md)",
    ),
)
