"""Invoices and credit notes: without gaps, and equal to what they are about; parcels too."""

from bodega.ops.audit.questions import Question, sql

TAX_OFFICE = "Documents are never changed or deleted: look for it in the newest backup that has it."

# A gap is where the document before is missing; one at the end is where the counter stands elsewhere.
GAPS = """
    SELECT i.kind, i.sequence, i.number, i.sequence - 1 AS missing FROM orders_invoice i
    WHERE i.sequence > 1 AND NOT EXISTS (SELECT 1 FROM orders_invoice p
        WHERE p.kind = i.kind AND p.sequence = i.sequence - 1)
    ORDER BY i.kind, i.sequence
"""
SERIES = """
    SELECT k.kind, coalesce(s.last, 0) AS last,
        coalesce(i.newest, 0) AS newest
    FROM (SELECT kind FROM orders_series UNION SELECT kind FROM orders_invoice) k
    LEFT JOIN orders_series s ON s.kind = k.kind
    LEFT JOIN (SELECT kind, max(sequence) AS newest FROM orders_invoice GROUP BY kind) i
        ON i.kind = k.kind
    WHERE coalesce(s.last, 0) <> coalesce(i.newest, 0)
    ORDER BY k.kind
"""
SUMS = """
    SELECT i.number, o.number AS order_number, i.currency, i.total, i.tax,
        o.total AS order_total, o.tax AS order_tax
    FROM orders_invoice i JOIN orders_order o ON o.id = i.order_id
    WHERE i.kind = 'invoice'
        AND (i.total <> o.total OR i.tax <> o.tax OR i.currency <> o.currency)
    ORDER BY i.id
"""
MISSING = """
    SELECT o.number, o.paid_at FROM orders_order o
    WHERE o.paid_at IS NOT NULL AND o.paid_at < ?
        AND o.paid_at >= (SELECT min(issued_at) FROM orders_invoice)
        AND NOT EXISTS (SELECT 1 FROM orders_invoice i
            WHERE i.order_id = o.id AND i.kind = 'invoice')
    ORDER BY o.id
"""
CREDIT = """
    SELECT i.number, i.currency, i.total, i.tax, c.total AS credited, c.tax AS credited_tax
    FROM orders_invoice i
    JOIN (SELECT corrects_id, sum(total) AS total, sum(tax) AS tax FROM orders_invoice
        WHERE kind = 'credit_note' GROUP BY corrects_id) c ON c.corrects_id = i.id
    WHERE c.total > i.total OR c.tax > i.tax
    ORDER BY i.id
"""
REFUNDS = """
    SELECT o.number, r.currency, r.idempotency_key, r.credited, coalesce(i.total, 0) AS noted
    FROM payments_refund r JOIN orders_order o ON o.id = r.order_id
    LEFT JOIN orders_invoice i
        ON i.order_id = r.order_id AND i.kind = 'credit_note' AND i.about = r.idempotency_key
    WHERE r.state NOT IN ('new', 'unknown') AND r.credited <> coalesce(i.total, 0)
    ORDER BY r.id
"""
PARCELS = """
    SELECT o.number, l.sku, l.quantity, s.quantity AS sent
    FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
    JOIN (SELECT line_id, sum(quantity) AS quantity FROM orders_shipmentline GROUP BY line_id) s
        ON s.line_id = l.id
    WHERE s.quantity > l.quantity
    ORDER BY l.id
"""

QUESTIONS = (
    Question(
        "invoices.gaps",
        "Invoices and credit notes are numbered without gaps.",
        sql(GAPS),
        "{kind} {number} is the {sequence}th, the {missing}th is missing",
        "Tax offices ask where the missing one is.",
        TAX_OFFICE,
    ),
    Question(
        "invoices.series",
        "Every series ends where its counter stands.",
        sql(SERIES),
        "{kind}: the counter stands at {last}, the last document is {newest}",
        "The last documents were lost, or a number will be given twice.",
        TAX_OFFICE,
    ),
    Question(
        "invoices.sums",
        "Every invoice states what its order charges.",
        sql(SUMS),
        "{number} states {total} with {tax} tax, order {order_number} {order_total} with {order_tax}",
        "What is taxed and what was paid differ.",
        TAX_OFFICE,
        money=("total", "tax", "order_total", "order_tax"),
    ),
    Question(
        "invoices.missing",
        "Every order that was paid since the first invoice has one.",
        sql(MISSING, settled=1),
        "{number}, paid at {paid_at} UTC",
        "The customer has a right to it, and the tax office too.",
        "Issue it: on the order, in the back office.",
    ),
    Question(
        "invoices.credits",
        "No invoice is credited with more than it states.",
        sql(CREDIT),
        "{number} states {total} with {tax} tax, credited are {credited} with {credited_tax}",
        "The shop asks the tax office for tax it never paid.",
        TAX_OFFICE,
        money=("total", "tax", "credited", "credited_tax"),
    ),
    Question(
        "invoices.refunds",
        "Every refund that Stripe made has the credit note it says it has.",
        sql(REFUNDS),
        "{number}: refund {idempotency_key} says {credited}, its credit note {noted}",
        "The tax in the refund would be paid twice, or never.",
        TAX_OFFICE,
        money=("credited", "noted"),
    ),
    Question(
        "shipments.quantities",
        "No more of a line was sent than was bought.",
        sql(PARCELS),
        "{number}, {sku}: {quantity} bought, {sent} sent",
        "Goods left the house that nobody paid.",
        "Look at the order's parcels in the back office.",
    ),
)
