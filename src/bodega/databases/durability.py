"""When may we say "done"? `durable()` before anything that somebody relies on.

Files with "group" durability (see `pragmas`) commit without waiting for the disk. So whoever is about to
acknowledge (answer a request, send a mail, hand a row to another file, call a bank) passes the barrier
first, also when it has only *read*: what it saw may be another's commit that is not on the disk yet
(design 3.2, rule 8: without this, 138 of 300 power cuts lost an acknowledged order).

    with write("primary"):      # a transaction, durable when the block is left
        order.save()

    with transaction.atomic():  # Django's own: commits …
        order.save()
    durable()                   # … and this makes it count
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction

from bodega.databases import holdings, journal
from bodega.databases.layout import FILES
from bodega.databases.trust import CannotAcknowledge, trust

__all__ = ["CannotAcknowledge", "durable", "write"]


def durable(*roles: str) -> None:
    """Return when everything this process wrote or saw so far survives a power cut.

    `roles`: only of these files ("primary", "queue"); none named: of all that the process has open.
    Costs a few microseconds when nothing was committed since the last sync, one shared sync otherwise.
    Raises CannotAcknowledge: say nothing then. The process ends by itself.
    """
    trust.check()
    for holding in holdings.held(*roles):
        holding.barrier()
    if not roles or "primary" in roles:
        journal.sync_all()  # after the commits: a journal may know less than the shop, never more


@contextmanager
def write(name: str = "primary") -> Iterator[None]:
    """A write transaction that is durable when the block is left without an exception.

    `name`: a role of ours ("primary", "queue") or a Django alias. Not inside another transaction: only
    the outermost commit can be durable (RuntimeError). Raises CannotAcknowledge, django.db.Error.
    """
    file = FILES.get(name)  # type: ignore[call-overload]  # any alias may be asked for
    with transaction.atomic(using=file.alias if file else name, durable=True):
        yield
    durable(*([name] if file else []))
