"""One fault for each question: SQL that makes exactly that question find exactly one thing.

`{paid}` is an order with one line of one piece that was paid and is in the journal, `{expired}` one that
was given up. Amounts differ by a cent where they can.
"""

import sqlite3

REFUND = """
    INSERT INTO payments_refund (order_id, attempt_id, idempotency_key, refund_id, amount, shipping,
        credited, currency, state, reason, note, actor, is_imported, failure, is_owed, livemode,
        created_at, updated_at)
    SELECT order_id, id, 'key', 're_1', 100, 0, 0, currency, '{state}', 'other', '', 'ada', 0, '', 0, 0,
        created_at, created_at
    FROM payments_attempt WHERE order_id = {paid}
"""
COUNTED = (
    "UPDATE payments_attempt SET refunded = 100 WHERE order_id = {paid}",
    "UPDATE orders_order SET refunded = 100 WHERE id = {paid}",
)
REFUND_BOOKED = """
    INSERT INTO payments_ledgerentry (order_id, attempt_id, payment_intent, kind, reference, charge,
        amount, currency, livemode, at)
    SELECT order_id, attempt_id, payment_intent, 'refund', 're_1', '', -100, currency, 0, at
    FROM payments_ledgerentry WHERE order_id = {paid}
"""
INVOICE = """
    INSERT INTO orders_invoice (order_id, kind, sequence, number, about, currency, total, tax, content,
        issued_at, corrects_id)
    SELECT id, '{kind}', {n}, '{kind}-{n}', '{about}', currency, {total}, {tax}, '{{{{}}}}',
        '2999-01-01', {corrects} FROM orders_order WHERE id = {{paid}}
"""


def invoice(n: int, *, total: str = "total", tax: str = "tax", about: str = "") -> str:
    words = {"n": n, "total": total, "tax": tax, "about": about, "corrects": "NULL"}
    return INVOICE.format(kind="invoice", **words)


def credit_note(n: int, *, total: str, tax: str = "0", about: str = "", corrects: str) -> str:
    words = {"n": n, "total": total, "tax": tax, "about": about, "corrects": corrects}
    return INVOICE.format(kind="credit_note", **words)


def series(kind: str, last: int) -> tuple[str, ...]:
    return (
        f"DELETE FROM orders_series WHERE kind = '{kind}'",
        f"INSERT INTO orders_series (kind, last) VALUES ('{kind}', {last})",
    )


NO_PAPERS = ("DELETE FROM orders_invoice", "DELETE FROM orders_series")
FAULTS: dict[str, tuple[str, ...]] = {
    "orders.totals": (
        (
            "UPDATE orders_order SET total = total + 1, taxes = json_set(taxes, '$[0].net', "
            "json_extract(taxes, '$[0].net') + 1) WHERE id = {expired}"
        ),
    ),
    "orders.lines": (
        (
            "UPDATE orders_orderline SET quantity = 2 * quantity, subtotal = 2 * subtotal, "
            "discount = discount + subtotal WHERE order_id = {single}"
        ),
    ),
    "orders.prices": (
        (
            "UPDATE orders_orderline SET unit_price = unit_price + 1 WHERE order_id = {expired} "
            "AND id = (SELECT min(id) FROM orders_orderline WHERE order_id = {expired})"
        ),
    ),
    "orders.taxes": (
        "UPDATE orders_order SET shipping_tax = shipping_tax + 1 WHERE id = {expired}",
    ),
    "orders.rates": (
        (
            "UPDATE orders_orderline SET tax = tax + 1 WHERE id = "
            "(SELECT min(id) FROM orders_orderline WHERE order_id = {expired})"
        ),
        (
            "UPDATE orders_order SET tax = tax + 1, taxes = json_set(taxes, "
            "'$[0].net', json_extract(taxes, '$[0].net') - 1, "
            "'$[0].tax', json_extract(taxes, '$[0].tax') + 1) WHERE id = {expired}"
        ),
    ),
    "orders.summaries": ("UPDATE orders_order SET taxes = '[]' WHERE id = {expired}",),
    "orders.states": ("UPDATE orders_order SET status = 'expired' WHERE id = {paid}",),
    "orders.overdue": (
        "UPDATE orders_order SET status = 'awaiting_payment' WHERE id = {expired}",
        "UPDATE orders_orderline SET variant_id = NULL WHERE order_id = {expired}",
    ),
    "orders.discounts": ("UPDATE discounts_discount SET used = used + 1 WHERE code = 'WELCOME10'",),
    "orders.gaps": (
        "DROP TRIGGER orders_need_a_tombstone",
        *NO_PAPERS,
        *(
            f"DELETE FROM {table} WHERE order_id = {{paid}}"
            for table in (
                *("orders_orderline", "orders_orderaddress", "orders_orderevent", "orders_mail"),
                *("payments_ledgerentry", "payments_attempt"),
            )
        ),
        "DELETE FROM orders_order WHERE id = {paid}",
    ),
    "journal.agrees": (
        "UPDATE orders_order SET paid_at = NULL, status = 'expired' WHERE id = {paid}",
        "DELETE FROM payments_ledgerentry WHERE order_id = {paid}",
        "UPDATE payments_attempt SET captured = 0, state = 'expired' WHERE order_id = {paid}",
    ),
    "payments.charges": (
        "UPDATE payments_ledgerentry SET amount = amount - 1 WHERE order_id = {paid}",
        "UPDATE payments_attempt SET captured = captured - 1 WHERE order_id = {paid}",
    ),
    "payments.surplus": (
        "UPDATE payments_ledgerentry SET amount = amount + 1 WHERE order_id = {paid}",
        "UPDATE payments_attempt SET captured = captured + 1 WHERE order_id = {paid}",
    ),
    "payments.unpaid": (
        (
            "INSERT INTO payments_ledgerentry (order_id, attempt_id, payment_intent, kind, reference, "
            "charge, amount, currency, livemode, at) SELECT order_id, id, 'pi_x', 'charge', '', '', "
            "100, currency, 0, created_at FROM payments_attempt WHERE order_id = {expired}"
        ),
        "UPDATE payments_attempt SET captured = 100 WHERE order_id = {expired}",
    ),
    "payments.captured": (
        "UPDATE payments_attempt SET captured = captured + 1 WHERE order_id = {paid}",
    ),
    "payments.attempts": ("UPDATE payments_attempt SET state = 'paid' WHERE order_id = {expired}",),
    "payments.attempt-refunds": (
        "UPDATE payments_attempt SET refunded = 1 WHERE order_id = {paid}",
    ),
    "payments.order-refunds": ("UPDATE orders_order SET refunded = 1 WHERE id = {paid}",),
    "payments.covered": (
        REFUND.replace("{state}", "new"),
        "UPDATE payments_attempt SET refunded = 100 WHERE order_id = {paid}",
        "UPDATE payments_refund SET order_id = {expired}",
        "UPDATE orders_order SET refunded = 100 WHERE id = {expired}",
    ),
    "payments.refund-ledger": (REFUND.replace("{state}", "succeeded"), *COUNTED),
    "payments.stray-refunds": (REFUND_BOOKED,),
    "payments.refund-lines": (
        REFUND.replace("{state}", "new"),
        *COUNTED,
        (
            "INSERT INTO payments_refundline (refund_id, line_id, quantity, amount, is_restocked) "
            "SELECT (SELECT max(id) FROM payments_refund), id, quantity + 1, 0, 0 "
            "FROM orders_orderline WHERE order_id = {paid}"
        ),
    ),
    "payments.owed": (
        REFUND.replace("{state}", "failed"),
        "UPDATE payments_refund SET is_owed = 1",
    ),
    "payments.currencies": (
        "UPDATE payments_ledgerentry SET currency = 'USD' WHERE order_id = {paid}",
    ),
    "payments.modes": ("UPDATE payments_ledgerentry SET livemode = 1 WHERE order_id = {paid}",),
    "payments.discrepancies": (
        (
            "INSERT INTO payments_discrepancy (kind, reference, currency, detail, happened_at, "
            "found_at, resolution, actor, there) VALUES ('not_in_shop', 'ch_1', 'EUR', 'A charge.', "
            "'2026-01-01', "
            "'2026-01-01', '', '', 100)"
        ),
    ),
    "stock.on-hand": (
        (
            "UPDATE catalog_stock SET on_hand = on_hand + 1 WHERE variant_id = "
            "(SELECT min(variant_id) FROM catalog_stock)"
        ),
    ),
    "stock.reserved": (
        (
            "UPDATE catalog_stock SET reserved = reserved + 1 WHERE variant_id = "
            "(SELECT min(variant_id) FROM catalog_stock)"
        ),
    ),
    "stock.held": (
        "UPDATE catalog_reservation SET state = 'held' WHERE id = {released}",
        (
            "UPDATE catalog_stock SET reserved = reserved + (SELECT quantity FROM catalog_reservation "
            "WHERE id = {released}) WHERE variant_id = (SELECT variant_id FROM catalog_reservation "
            "WHERE id = {released})"
        ),
        (
            "UPDATE catalog_movement SET reserved_delta = 0 WHERE reason = 'released' AND reference = "
            "(SELECT reference FROM catalog_reservation WHERE id = {released}) AND variant_id = "
            "(SELECT variant_id FROM catalog_reservation WHERE id = {released})"
        ),
    ),
    "stock.promised": (
        (
            "UPDATE orders_order SET status = 'awaiting_payment', expires_at = '2999-01-01' "
            "WHERE id = {single}"
        ),
    ),
    "stock.sold": (
        (
            "DELETE FROM catalog_reservation WHERE reference = "
            "(SELECT public_id FROM orders_order WHERE id = {paid})"
        ),
    ),
    "stock.oversold": (
        (
            "UPDATE catalog_movement SET note = '1 missing' WHERE reason = 'sold' AND reference = "
            "(SELECT public_id FROM orders_order WHERE id = {paid})"
        ),
    ),
    "stock.negative": (
        (
            "INSERT INTO catalog_movement (variant_id, reason, on_hand_delta, reserved_delta, "
            "reference, actor, note, at) SELECT variant_id, 'damaged', -on_hand - 1, 0, '', 'ada', "
            "'', '2026-01-01' FROM catalog_stock WHERE variant_id = {limited}"
        ),
        "UPDATE catalog_stock SET on_hand = -1 WHERE variant_id = {limited}",
    ),
    "invoices.gaps": (*NO_PAPERS, invoice(2), *series("invoice", 2)),
    "invoices.series": (*NO_PAPERS, invoice(1), *series("invoice", 2)),
    "invoices.sums": (*NO_PAPERS, invoice(1, total="total + 1"), *series("invoice", 1)),
    "invoices.missing": (
        *NO_PAPERS,
        invoice(1).replace("'2999-01-01'", "(SELECT max(paid_at) FROM orders_order)"),
        *series("invoice", 1),
        (
            "UPDATE orders_invoice SET order_id = {expired}, "
            "total = (SELECT total FROM orders_order WHERE id = {expired}), "
            "tax = (SELECT tax FROM orders_order WHERE id = {expired})"
        ),
    ),
    "invoices.credits": (
        *NO_PAPERS,
        invoice(1),
        *series("invoice", 1),
        credit_note(1, total="total + 1", corrects="(SELECT max(id) FROM orders_invoice)"),
        *series("credit_note", 1),
    ),
    "invoices.refunds": (
        REFUND.replace("{state}", "failed"),
        "UPDATE payments_refund SET credited = 100",
    ),
    "shipments.quantities": (
        (
            "INSERT INTO orders_shipment (order_id, n, carrier, tracking_number, tracking_url, actor, "
            "shipped_at) VALUES ({paid}, 9, '', '', '', 'ada', '2026-01-01')"
        ),
        (
            "INSERT INTO orders_shipmentline (shipment_id, line_id, quantity) SELECT "
            "(SELECT max(id) FROM orders_shipment), id, quantity + 1 FROM orders_orderline "
            "WHERE order_id = {paid}"
        ),
    ),
    "outbox.waiting": (
        (
            "INSERT INTO outbox_message (key, task, arguments, queue_name, priority, created_at, error) "
            "VALUES ('k', 'a.task', '{{}}', 'default', 0, '2026-01-01', '')"
        ),
    ),
    "outbox.broken": (
        (
            "INSERT INTO outbox_message (key, task, arguments, queue_name, priority, created_at, error) "
            "VALUES ('k', 'a.task', '{{}}', 'default', 0, '2026-01-01', 'no such task')"
        ),
    ),
    "payments.events": (
        (
            "INSERT INTO payments_webhookevent (event_id, type, object_id, livemode, payload, "
            "received_at, outcome) VALUES ('evt_1', 'charge.refunded', '', 0, '', '2026-01-01', '')"
        ),
    ),
    "mails.waiting": ("UPDATE orders_mail SET state = 'waiting' WHERE order_id = {paid}",),
    "mails.failed": ("UPDATE orders_mail SET state = 'failed' WHERE order_id = {paid}",),
    "files.references": (
        (
            "INSERT INTO orders_cancellation (order_id, reason, actor, at) "
            "VALUES (999999, '', '', '2026-01-01')"
        ),
    ),
}

WHICH = {
    "paid": """SELECT max(o.id) FROM orders_order o WHERE o.paid_at IS NOT NULL AND discount = 0
        AND (SELECT count(*) FROM orders_orderline l WHERE l.order_id = o.id) = 1
        AND (SELECT max(quantity) FROM orders_orderline l WHERE l.order_id = o.id) = 1""",
    "expired": "SELECT min(o.id) FROM orders_order o WHERE o.status = 'expired'",
    "single": "SELECT min(o.id) FROM orders_order o WHERE o.status = 'expired' AND (SELECT count(*) "
    "FROM orders_orderline l WHERE l.order_id = o.id) = 1",
    "released": "SELECT min(id) FROM catalog_reservation WHERE state = 'released'",
    "limited": "SELECT min(variant_id) FROM catalog_stock WHERE is_tracked AND NOT may_backorder",
}


def plant(connection: sqlite3.Connection, *ids: str) -> None:
    """Do what `FAULTS` says."""
    which = {name: connection.execute(sql).fetchone()[0] for name, sql in WHICH.items()}
    assert None not in which.values(), which
    for id_ in ids:
        for statement in FAULTS[id_]:
            connection.execute(statement.format(**which))
