"""`select_for_update()` on this engine: there are no row locks, and Django would say nothing about it.

* Outside a transaction it protects nothing, here as anywhere: TransactionManagementError, as PostgreSQL
  gets it from Django.
* Inside one it is not needed: our transactions begin IMMEDIATE, so nobody else writes to the file until
  the end. A warning, once for each place (Python's own rule), names the caller: the code locks the whole
  shop where it means a row, and `nowait` and `skip_locked` mean nothing. A guarded update
  (`filter(pk=…, status=seen).update(…)`, and a look at the count) says the same on every database.

Django's own `update_or_create()` asks for a row lock; nobody can help that, so nobody is told.
"""

import sys
import warnings
from pathlib import Path
from types import FrameType
from typing import Any

import django
from django.db.transaction import TransactionManagementError

DJANGO = str(Path(django.__file__).parent)
GROUND = str(Path(__file__).parents[1])
THEIR_OWN = {"update_or_create", "aupdate_or_create"}


class RowLockIgnored(UserWarning):
    """Somebody asked for a row lock, and got a lock of the whole file."""


def object_to(query: Any, connection: Any) -> None:
    """Complain about a query with `select_for_update`.

    Raises TransactionManagementError outside of a transaction; warns inside.
    """
    depth = _caller()
    if depth is None:
        return
    table = query.get_meta().db_table
    if not connection.in_atomic_block and connection.get_autocommit():
        raise TransactionManagementError(
            f"select_for_update() on {table} cannot be used outside of a transaction: nothing would be "
            "locked. Use a guarded update, or transaction.atomic()."
        )
    warnings.warn(
        f"select_for_update() on {table} locks no row: SQLite locks the whole file, for the whole "
        "transaction. Use a guarded update: filter(…).update(…), and look at the count.",
        RowLockIgnored,
        stacklevel=depth,
    )


def _caller() -> int | None:
    """How far up, for `warnings`, the first frame is that is neither Django's nor ours; None: Django
    itself asked for the lock."""
    depth = 1  # as seen from object_to, which calls us
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(DJANGO) and frame.f_code.co_name in THEIR_OWN:
            return None
        if not file.startswith((DJANGO, GROUND)):
            return depth
        frame, depth = frame.f_back, depth + 1
    return depth
