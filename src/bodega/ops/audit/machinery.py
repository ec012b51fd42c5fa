"""What should have happened by itself by now: outbox, events, mails."""

from collections.abc import Iterator
from datetime import timedelta

from bodega.ops.audit.books import Books, Row
from bodega.ops.audit.questions import Find, Question, sql
from bodega.ops.doctor.findings import Level

DISPATCH = timedelta(minutes=1)
APPLY = timedelta(minutes=5)
SEND = timedelta(minutes=10)
LATE = timedelta(hours=1)  # an order past its reservation

WORKER = "Is a worker running? bodega doctor queue"

WAITING = """
    SELECT task, created_at, not_before FROM outbox_message
    WHERE dispatched_at IS NULL AND error = '' AND coalesce(not_before, created_at) < ?
    ORDER BY id
"""
BROKEN = """
    SELECT id, task, error FROM outbox_message
    WHERE dispatched_at IS NULL AND error <> '' ORDER BY id
"""
EVENTS = """
    SELECT event_id, type, received_at FROM payments_webhookevent
    WHERE processed_at IS NULL AND received_at < ? ORDER BY id
"""
MAILS = """
    SELECT o.number, m.kind, m.created_at FROM orders_mail m JOIN orders_order o ON o.id = m.order_id
    WHERE m.state = 'waiting' AND m.created_at < ? ORDER BY m.id
"""
FAILED = """
    SELECT o.number, m.kind, m.error FROM orders_mail m JOIN orders_order o ON o.id = m.order_id
    WHERE m.state = 'failed' ORDER BY m.id
"""


def older(text: str, than: timedelta) -> Find:
    """A query with one parameter: the moment so long ago."""

    def find(books: Books) -> Iterator[Row]:
        yield from books.rows(text, books.ago(than))

    return find


QUESTIONS = (
    Question(
        "outbox.waiting",
        "No message in the outbox is due for longer than a minute.",
        older(WAITING, DISPATCH),
        "{task}, written at {created_at} UTC",
        "Receipts are not sent and paid orders not shown as paid until it is dispatched.",
        WORKER,
        level=Level.WARN,
    ),
    Question(
        "outbox.broken",
        "Every message in the outbox can be dispatched.",
        sql(BROKEN),
        "message {id} for {task}: {error}",
        "It is passed over until somebody corrects it.",
        "Correct the row and empty its error: /backoffice/outbox/message/",
    ),
    Question(
        "payments.events",
        "Everything Stripe told the shop has been applied.",
        older(EVENTS, APPLY),
        "{type} {event_id}, received at {received_at} UTC",
        "A payment may not be noticed.",
        f"{WORKER}; bodega reconcile does without events",
        level=Level.WARN,
    ),
    Question(
        "mails.waiting",
        "No mail has been waiting for longer than ten minutes.",
        older(MAILS, SEND),
        "{number}: the {kind} waits since {created_at} UTC",
        "Customers who hear nothing ask, or dispute the payment.",
        WORKER,
        level=Level.WARN,
    ),
    Question(
        "mails.failed",
        "No mail has failed for good.",
        sql(FAILED),
        "{number}: {kind}: {error}",
        "The customer was not told.",
        "Correct the address on the order, or the mail server's settings, then send it again there.",
        level=Level.WARN,
    ),
)
