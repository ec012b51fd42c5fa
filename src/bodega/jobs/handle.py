"""This thread's connection to queue.sqlite3, without the layers above it (design 4.1).

Statements run on Django's own connection, so they join its transaction when one is open and commit by
themselves otherwise.
"""

import sqlite3
from datetime import UTC, datetime
from sqlite3 import Connection

from django.db import DatabaseError, connections, transaction

from bodega.databases.doorbell import ring
from bodega.databases.layout import FILES

ALIAS = FILES["queue"].alias or "queue"

# What a statement raises: the library's own errors from the handle, Django's from everything else.
QUEUE_ERRORS = (sqlite3.Error, DatabaseError)


def queue() -> Connection:
    """The DB-API connection, opened when needed; Django refuses here where a test may not."""
    with connections[ALIAS].cursor() as cursor:
        connection: Connection = cursor.connection
    return connection


def ring_on_commit() -> None:
    """Wake the workers once what was just written is visible to them.

    Robust: a bell that does not ring costs them a moment, a raised error would deny the commit.
    """
    transaction.on_commit(lambda: ring("queue"), using=ALIAS, robust=True)


def stamp(moment: datetime) -> str:
    """A time as Django writes it into SQLite: text in UTC, and it sorts."""
    return str(moment.astimezone(UTC).replace(tzinfo=None))


def moment(kept: datetime) -> datetime:
    """A time as Django's converters read it from the file, with its zone."""
    return kept.replace(tzinfo=UTC)
