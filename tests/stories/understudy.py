"""A process of the shop without one of its guards: what shops do that lose orders (design 5.1).

`python -m tests.stories.understudy GUARD verb …` is `bodega verb …` without it. The controls of the
stories run with these: the same scenario, and the failure that the guard prevents.
"""

import logging
import random
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import Any

import bodega.databases  # noqa: F401 - before Django: one SQLite library


def leave_out(guard: str) -> None:
    """Take the guard out of this process. Django is set up."""
    GUARDS[guard]()


def outbox() -> None:
    """What must follow a commit is only a callback after it: a thread, not a row."""
    from django.db import connections, transaction
    from django_tasks.base import Task

    from bodega import outbox

    def run(task: "Task[..., Any]", *args: Any, **words: Any) -> None:
        try:
            task.call(*args, **words)
        finally:
            connections.close_all()

    def put(task: "Task[..., Any]", *args: Any, after: object = None, **words: Any) -> str:
        thread = threading.Thread(target=run, args=(task, *args), kwargs=words)
        transaction.on_commit(thread.start)
        return ""

    outbox.put = put
    outbox.put_all = lambda *errands: [put(task, *args) for task, args in errands]


def ledger() -> None:
    """Whoever hears of a payment looks whether the order is paid, and then writes that it is."""
    from django.db import transaction

    from bodega.lib.clock import utc_now
    from bodega.orders.models import Order
    from bodega.payments import settling, stripe
    from bodega.payments.models import Attempt, LedgerEntry

    def settle(session_id: str, **_: Any) -> Order:
        attempt = Attempt.objects.select_related("order").get(session_id=session_id)
        order = attempt.order
        if order.is_paid:
            return order
        session = stripe.client().session(session_id)
        with transaction.atomic():
            LedgerEntry.objects.create(
                order=order,
                payment_intent=f"{session.payment_intent}-{random.random()}",  # no unique row
                kind=LedgerEntry.Kind.CHARGE,
                amount=session.amount,
                currency=session.currency,
                at=utc_now(),
            )
            Order.objects.filter(pk=order.pk).update(status=Order.Status.PAID, paid_at=utc_now())
        return order

    settling.settle = settle


def shelf() -> None:
    """The page has seen that there is one; the order takes it without looking again."""
    from django.db.models import F

    from bodega.catalog import stock
    from bodega.catalog.models import Stock
    from bodega.checkout import placing

    looked, place = threading.Barrier(2), placing.place

    def placed(*args: Any, **words: Any) -> Any:
        with suppress(threading.BrokenBarrierError):  # as it happens in a rush: two have looked
            looked.wait(5)
        return place(*args, **words)

    def promise(variant_id: int, quantity: int) -> None:
        Stock.objects.filter(pk=variant_id).update(reserved=F("reserved") + quantity)

    placing.place, stock._promise = placed, promise


def honesty() -> None:
    """An event that cannot be stored is a line in the log, and Stripe is told "received"."""
    from django.db import DatabaseError

    from bodega.payments import inbox

    receive = inbox.receive

    def received(body: bytes, *, now: datetime) -> bool:
        try:
            return receive(body, now=now)
        except DatabaseError:
            logging.getLogger(__name__).exception("The event could not be stored")
            return False

    inbox.receive = received


GUARDS: dict[str, Callable[[], None]] = {
    "outbox": outbox,
    "ledger": ledger,
    "shelf": shelf,
    "honesty": honesty,
}


def main(words: list[str]) -> int:
    """Be that process."""
    import django

    django.setup()
    leave_out(words[0])
    from bodega.cli import main as run

    return run(words[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
