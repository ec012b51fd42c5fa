"""Is what we keep still what the database says? Exactly, and in microseconds.

`PRAGMA data_version` of one idle connection moves when anybody committed anything, in any process
(2 µs, https://sqlite.org/pragma.html#pragma_data_version). Only then is the change counter read, by its
primary key; and only when the schema moved too, whether all triggers are in their places. In that
order: a commit between two of the reads makes us ask once more next time, never too seldom.
"""

import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.core.checks import CheckMessage
from django.core.checks import Warning as CheckWarning
from django.db import connection, transaction
from django.utils import timezone

from bodega.databases import changes
from bodega.web.watched import COUNTER, WATCHED

log = logging.getLogger(__name__)

Version = tuple[int, date]


class Freshness:
    """The version of everything a kept page may show. For one thread: the event loop's."""

    def __init__(self, reader: sqlite3.Connection, clock: Callable[[], float] = time.time) -> None:
        """`clock`: seconds since 1970."""
        self._reader = reader
        self._clock = clock
        self._today = date.min
        self._midnight = 0.0
        self._data: int | None = None
        self._schema: int | None = None
        self._trusted = False
        self._counter: int | None = None

    def version(self) -> Version | None:
        """The version now, or None: it cannot be told, keep nothing and serve nothing kept.

        The date is part of it because a page may say "arrives on Tuesday".
        """
        try:
            (data,) = self._reader.execute("PRAGMA data_version").fetchone()
            if data != self._data:
                self._look()
                self._data = data
        except sqlite3.Error as error:
            # Kept pages are a courtesy: without them every page is made by Django.
            log.warning("the page cache cannot ask the database: %s", error)
            self._data = None
            return None
        return None if self._counter is None else (self._counter, self._date())

    def _date(self) -> date:
        """Today where the merchant is; worked out once a day, it would cost as much as the rest."""
        now = self._clock()
        if now >= self._midnight:
            zone = timezone.get_default_timezone()
            self._today = datetime.fromtimestamp(now, zone).date()
            tomorrow = datetime.combine(self._today + timedelta(days=1), datetime.min.time(), zone)
            self._midnight = tomorrow.timestamp()
        return self._today

    def _look(self) -> None:
        self._counter = None
        (schema,) = self._reader.execute("PRAGMA schema_version").fetchone()
        if schema != self._schema:
            self._trusted = self._triggers_in_place()
            self._schema = schema
        if self._trusted:
            self._counter = changes.value(self._reader, COUNTER)

    def _triggers_in_place(self) -> bool:
        wrong = changes.missing(self._reader, COUNTER, WATCHED)
        if wrong:
            log.error(
                "no page is kept, because changes would go unnoticed: %s. "
                "To repair: bodega manage migrate",
                "; ".join(wrong[:3]),
            )
        return not wrong


def install() -> None:
    """Put the counter and its triggers in their places."""
    with transaction.atomic(), connection.cursor() as cursor:
        changes.install(cursor, COUNTER, WATCHED)


def check_counter(databases: Sequence[str] | None = None, **_: Any) -> list[CheckMessage]:
    """System check web.W001 (`check --database default`): every watched table has its triggers.

    A warning, not an error: `migrate`, which repairs it, runs the checks first.
    """
    if not databases or connection.alias not in databases:
        return []
    if not connection.introspection.table_names():
        return []  # before the first migration
    with connection.cursor() as cursor:
        wrong = changes.missing(cursor, COUNTER, WATCHED)
    hint = "No page is kept until it is there again: bodega manage migrate"
    return [CheckWarning(sentence, hint=hint, id="web.W001") for sentence in wrong]
