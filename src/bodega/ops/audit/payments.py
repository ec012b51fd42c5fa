"""Paid against ledger: does every sum of money that moved have its order, and every order its money?"""

from bodega.ops.audit.questions import Question, sql
from bodega.ops.doctor.findings import Level

ASK_STRIPE = "Ask Stripe what is true: bodega reconcile"
SHORT = """
    SELECT o.number, o.currency, o.total, coalesce(c.charged, 0) AS charged
    FROM orders_order o LEFT JOIN (SELECT order_id, sum(amount) AS charged FROM payments_ledgerentry
            WHERE kind = 'charge' GROUP BY order_id) c ON c.order_id = o.id
    WHERE o.paid_at IS NOT NULL AND coalesce(c.charged, 0) < o.total
    ORDER BY o.id
"""
SURPLUS = """
    SELECT o.number, o.currency, o.total, c.charged, o.refunded
    FROM orders_order o JOIN (SELECT order_id, sum(amount) AS charged FROM payments_ledgerentry
            WHERE kind = 'charge' GROUP BY order_id) c ON c.order_id = o.id
    WHERE o.paid_at IS NOT NULL AND c.charged > o.total AND c.charged - o.refunded > o.total
    ORDER BY o.id
"""
UNPAID = """
    SELECT o.number, o.currency, o.status, c.charged, o.refunded
    FROM orders_order o JOIN (SELECT order_id, sum(amount) AS charged FROM payments_ledgerentry
            WHERE kind = 'charge' GROUP BY order_id) c ON c.order_id = o.id
    WHERE o.paid_at IS NULL AND c.charged > o.refunded
    ORDER BY o.id
"""
CAPTURED = """
    SELECT o.number, a.n, a.currency, a.captured, coalesce(c.charged, 0) AS charged
    FROM payments_attempt a JOIN orders_order o ON o.id = a.order_id
    LEFT JOIN (SELECT attempt_id, sum(amount) AS charged FROM payments_ledgerentry
        WHERE kind = 'charge' GROUP BY attempt_id) c ON c.attempt_id = a.id
    WHERE a.captured <> coalesce(c.charged, 0)
    ORDER BY a.id
"""
ATTEMPT_REFUNDS = """
    SELECT o.number, a.n, a.currency, a.refunded, coalesce(r.amount, 0) AS refunds
    FROM payments_attempt a JOIN orders_order o ON o.id = a.order_id
    LEFT JOIN (SELECT attempt_id, sum(amount) AS amount FROM payments_refund
        WHERE state <> 'failed' GROUP BY attempt_id) r ON r.attempt_id = a.id
    WHERE a.refunded <> coalesce(r.amount, 0)
    ORDER BY a.id
"""
ORDER_REFUNDS = """
    SELECT o.number, o.currency, o.refunded, coalesce(r.amount, 0) AS refunds
    FROM orders_order o
    LEFT JOIN (SELECT order_id, sum(amount) AS amount FROM payments_refund
        WHERE state <> 'failed' GROUP BY order_id) r ON r.order_id = o.id
    WHERE o.refunded <> coalesce(r.amount, 0)
    ORDER BY o.id
"""
COVERED = """
    SELECT o.number, o.currency, o.refunded, coalesce(a.captured, 0) AS captured
    FROM orders_order o
    LEFT JOIN (SELECT order_id, sum(captured) AS captured FROM payments_attempt
        GROUP BY order_id) a ON a.order_id = o.id
    WHERE o.refunded > coalesce(a.captured, 0)
    ORDER BY o.id
"""
# A refund that Stripe made is in the ledger; one that failed is not, or twice, and cancels.
REFUND_LEDGER = """
    SELECT o.number, r.currency, r.refund_id, r.state, coalesce(l.amount, 0) AS booked,
        CASE WHEN r.state = 'failed' THEN 0 ELSE -r.amount END AS should
    FROM payments_refund r JOIN orders_order o ON o.id = r.order_id
    LEFT JOIN (SELECT reference, sum(amount) AS amount FROM payments_ledgerentry
        WHERE kind IN ('refund', 'refund_failed') GROUP BY reference) l ON l.reference = r.refund_id
    WHERE r.state IN ('pending', 'succeeded', 'failed')
        AND coalesce(l.amount, 0) <> CASE WHEN r.state = 'failed' THEN 0 ELSE -r.amount END
    ORDER BY r.id
"""
STRAY = """
    SELECT o.number, l.currency, l.reference, l.amount
    FROM payments_ledgerentry l JOIN orders_order o ON o.id = l.order_id
    WHERE l.kind IN ('refund', 'refund_failed')
        AND NOT EXISTS (SELECT 1 FROM payments_refund r WHERE r.refund_id = l.reference)
    ORDER BY l.id
"""
REFUND_LINES = """
    SELECT o.number, l.sku, l.quantity, r.quantity AS given_back
    FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
    JOIN (SELECT rl.line_id, sum(rl.quantity) AS quantity
        FROM payments_refundline rl JOIN payments_refund r ON r.id = rl.refund_id
        WHERE r.state <> 'failed' GROUP BY rl.line_id) r ON r.line_id = l.id
    WHERE r.quantity > l.quantity
    ORDER BY l.id
"""
CURRENCIES = """
    SELECT o.number, o.currency AS agreed, l.currency AS moved, l.payment_intent
    FROM payments_ledgerentry l JOIN orders_order o ON o.id = l.order_id
    WHERE l.currency <> o.currency AND o.paid_at IS NOT NULL
    ORDER BY l.id
"""
MODES = """
    SELECT o.number, l.payment_intent FROM payments_ledgerentry l
    JOIN orders_order o ON o.id = l.order_id
    WHERE o.paid_at IS NOT NULL AND l.livemode <> o.livemode
    ORDER BY l.id
"""
ATTEMPTS = """
    SELECT o.number, a.n, o.status FROM payments_attempt a JOIN orders_order o ON o.id = a.order_id
    WHERE a.state = 'paid' AND o.paid_at IS NULL
    ORDER BY a.id
"""
OWED = """
    SELECT o.number, r.currency, r.amount, r.failure
    FROM payments_refund r JOIN orders_order o ON o.id = r.order_id
    WHERE r.is_owed ORDER BY r.id
"""
DISCREPANCIES = """
    SELECT d.kind, d.reference, d.currency, d.here, d.there, d.detail
    FROM payments_discrepancy d WHERE d.resolved_at IS NULL
    ORDER BY d.id
"""

QUESTIONS = (
    Question(
        "payments.charges",
        "Every paid order's money is in the ledger.",
        sql(SHORT),
        "{number}: {total} to pay, {charged} in the ledger",
        "Goods leave the house that nobody paid, or a row of the ledger was lost.",
        ASK_STRIPE,
        money=("total", "charged"),
    ),
    Question(
        "payments.surplus",
        "Nobody has paid more than the order costs and not got it back.",
        sql(SURPLUS),
        "{number}: {total} to pay, {charged} paid, {refunded} refunded",
        "The customer has paid twice; the money is not the shop's.",
        "Refund what was paid too much, in the back office, on the order.",
        money=("total", "charged", "refunded"),
    ),
    Question(
        "payments.unpaid",
        "No money lies with an order that is not paid.",
        sql(UNPAID),
        "{number} is {status}, but {charged} came and {refunded} went back",
        "A customer has paid (perhaps another amount) and gets nothing.",
        "Decide on the order: refund it, or ask Stripe again: bodega reconcile",
        money=("charged", "refunded"),
    ),
    Question(
        "payments.captured",
        "Every attempt has captured what its charges in the ledger add up to.",
        sql(CAPTURED),
        "{number}, attempt {n}: captured {captured}, in the ledger {charged}",
        "Refunds are limited by what was captured.",
        ASK_STRIPE,
        money=("captured", "charged"),
    ),
    Question(
        "payments.attempts",
        "No attempt is paid while its order is not.",
        sql(ATTEMPTS),
        "{number} is {status}, its attempt {n} is paid",
        "A charge without a paid order: what must never happen.",
        ASK_STRIPE,
    ),
    Question(
        "payments.attempt-refunds",
        "Every attempt has refunded what its refunds add up to.",
        sql(ATTEMPT_REFUNDS),
        "{number}, attempt {n}: refunded {refunded}, its refunds make {refunds}",
        "Too much could be given back, or too little.",
        ASK_STRIPE,
        money=("refunded", "refunds"),
    ),
    Question(
        "payments.order-refunds",
        "Every order has refunded what its refunds add up to.",
        sql(ORDER_REFUNDS),
        "{number}: refunded {refunded}, its refunds make {refunds}",
        "Too much could be given back, or too little.",
        ASK_STRIPE,
        money=("refunded", "refunds"),
    ),
    Question(
        "payments.covered",
        "Refunds never exceed what was captured.",
        sql(COVERED),
        "{number}: {refunded} refunded, {captured} captured",
        "The shop has given away its own money.",
        ASK_STRIPE,
        money=("refunded", "captured"),
    ),
    Question(
        "payments.refund-ledger",
        "Every refund is in the ledger as it ended.",
        sql(REFUND_LEDGER),
        "{number}: refund {refund_id} is {state}, the ledger says {booked}, it should say {should}",
        "The ledger is what the tax return and the reports are made of.",
        ASK_STRIPE,
        money=("booked", "should"),
    ),
    Question(
        "payments.stray-refunds",
        "Every refund in the ledger is a refund of the shop's, or was imported.",
        sql(STRAY),
        "{number}: {amount} for {reference}, which is no refund here",
        "Somebody was given money back and the order does not show it.",
        ASK_STRIPE,
        money=("amount",),
    ),
    Question(
        "payments.refund-lines",
        "No more of a line is refunded than was bought.",
        sql(REFUND_LINES),
        "{number}, {sku}: {quantity} bought, {given_back} refunded",
        "Stock that goes back on the shelf, and credit notes, would be wrong.",
        "Look at the order's refunds in the back office.",
    ),
    Question(
        "payments.owed",
        "No customer waits for money of a refund that came back.",
        sql(OWED),
        "{number}: {amount} came back ({failure})",
        "The customer was told that the money is on its way.",
        "Refund it again, or another way: on the order, in the back office.",
        level=Level.WARN,
        money=("amount",),
    ),
    Question(
        "payments.currencies",
        "Money moved in the currency that was agreed on.",
        sql(CURRENCIES),
        "{number} is in {agreed}, {payment_intent} moved {moved}",
        "Sums of different currencies are no sums.",
        ASK_STRIPE,
    ),
    Question(
        "payments.modes",
        "Test money pays no live order, and live money no test order.",
        sql(MODES),
        "{number}: {payment_intent} is of the other mode",
        "Goods for play money, or a customer's money for a test.",
        "Check STRIPE_SECRET_KEY: bodega doctor settings",
    ),
    Question(
        "payments.discrepancies",
        "Nothing on which the shop and Stripe do not agree is open.",
        sql(DISCREPANCIES),
        "{kind}, {reference}: here {here}, at Stripe {there}. {detail}",
        "The last comparison with Stripe found it, and nobody has decided yet.",
        "Decide in the back office, on the page about Stripe; or: bodega reconcile",
        level=Level.WARN,
        money=("here", "there"),
    ),
)
