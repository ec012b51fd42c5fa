"""Reservations against orders, stock against its ledger of movements."""

from bodega.ops.audit.questions import Question, sql

COUNT = "Count the shelf, then book the difference with reason “counted”: back office, Stock."

ON_HAND = """
    SELECT v.sku, s.on_hand, coalesce(m.delta, 0) AS movements
    FROM catalog_stock s JOIN catalog_variant v ON v.id = s.variant_id
    LEFT JOIN (SELECT variant_id, sum(on_hand_delta) AS delta FROM catalog_movement
        GROUP BY variant_id) m ON m.variant_id = s.variant_id
    WHERE s.on_hand <> coalesce(m.delta, 0)
    ORDER BY s.variant_id
"""
RESERVED = """
    SELECT v.sku, s.reserved, coalesce(r.held, 0) AS held, coalesce(m.delta, 0) AS movements
    FROM catalog_stock s JOIN catalog_variant v ON v.id = s.variant_id
    LEFT JOIN (SELECT variant_id, sum(quantity) AS held FROM catalog_reservation
        WHERE state = 'held' GROUP BY variant_id) r ON r.variant_id = s.variant_id
    LEFT JOIN (SELECT variant_id, sum(reserved_delta) AS delta FROM catalog_movement
        GROUP BY variant_id) m ON m.variant_id = s.variant_id
    WHERE s.reserved <> coalesce(r.held, 0) OR s.reserved <> coalesce(m.delta, 0)
    ORDER BY s.variant_id
"""
HELD = """
    SELECT r.reference, v.sku, r.quantity, o.number, o.status
    FROM catalog_reservation r JOIN catalog_variant v ON v.id = r.variant_id
    LEFT JOIN orders_order o ON o.public_id = r.reference
    WHERE r.state = 'held' AND (o.id IS NULL OR o.status <> 'awaiting_payment')
    ORDER BY r.id
"""
PROMISED = """
    SELECT o.number, l.sku, l.quantity, coalesce(r.quantity, 0) AS held
    FROM orders_order o
    JOIN (SELECT order_id, variant_id, max(sku) AS sku, sum(quantity) AS quantity
        FROM orders_orderline WHERE variant_id IS NOT NULL GROUP BY order_id, variant_id) l
        ON l.order_id = o.id
    LEFT JOIN catalog_reservation r
        ON r.reference = o.public_id AND r.variant_id = l.variant_id AND r.state = 'held'
    WHERE o.status = 'awaiting_payment' AND coalesce(r.quantity, 0) <> l.quantity
    ORDER BY o.id
"""
SOLD = """
    SELECT o.number, l.sku, l.quantity, coalesce(r.quantity, 0) AS sold
    FROM orders_order o
    JOIN (SELECT order_id, variant_id, max(sku) AS sku, sum(quantity) AS quantity
        FROM orders_orderline WHERE variant_id IS NOT NULL GROUP BY order_id, variant_id) l
        ON l.order_id = o.id
    LEFT JOIN catalog_reservation r
        ON r.reference = o.public_id AND r.variant_id = l.variant_id AND r.state = 'sold'
    WHERE o.paid_at IS NOT NULL AND NOT o.is_oversold AND coalesce(r.quantity, 0) <> l.quantity
    ORDER BY o.id
"""
OVERSOLD = """
    SELECT o.number, v.sku, m.note
    FROM catalog_movement m JOIN catalog_variant v ON v.id = m.variant_id
    JOIN orders_order o ON o.public_id = m.reference
    WHERE m.reason = 'sold' AND m.note LIKE '% missing' AND NOT o.is_oversold
    ORDER BY m.id
"""
NEGATIVE = """
    SELECT v.sku, s.on_hand FROM catalog_stock s JOIN catalog_variant v ON v.id = s.variant_id
    WHERE s.on_hand < 0 AND s.is_tracked AND NOT s.may_backorder
    ORDER BY s.variant_id
"""

QUESTIONS = (
    Question(
        "stock.on-hand",
        "What is on hand is what the movements add up to.",
        sql(ON_HAND),
        "{sku}: {on_hand} on hand, the movements make {movements}",
        "The shop sells what it has not, or keeps back what it has.",
        COUNT,
    ),
    Question(
        "stock.reserved",
        "What is reserved is what orders hold, and what the movements add up to.",
        sql(RESERVED),
        "{sku}: {reserved} reserved, orders hold {held}, the movements make {movements}",
        "Stock is kept back for nobody, or promised twice.",
        "Set `reserved` to what orders hold, with a movement: bodega sql --write",
    ),
    Question(
        "stock.held",
        "Stock is held only for orders that wait for their payment.",
        sql(HELD),
        "{quantity} × {sku} held for {reference} (order {number}, {status})",
        "It cannot be sold to anybody else.",
        "Release it: catalog.stock.release() in bodega manage shell",
    ),
    Question(
        "stock.promised",
        "Orders that wait for their payment hold all they ordered.",
        sql(PROMISED),
        "{number}: {quantity} × {sku} ordered, {held} held",
        "Somebody else may buy it before the customer has paid.",
        "Nothing to do now: if it is gone when she pays, the order is flagged as oversold.",
    ),
    Question(
        "stock.sold",
        "Paid orders have taken what they ordered off the shelf, or are flagged as oversold.",
        sql(SOLD),
        "{number}: {quantity} × {sku} paid for, {sold} taken",
        "What was sold is offered again.",
        COUNT,
    ),
    Question(
        "stock.oversold",
        "Orders for which stock was missing are flagged as oversold.",
        sql(OVERSOLD),
        "{number}: {note} of {sku}, but no flag",
        "Nobody notices that this order cannot be packed.",
        "Set is_oversold on the order: bodega sql --write",
    ),
    Question(
        "stock.negative",
        "There is no less than nothing on any shelf, unless it may be backordered.",
        sql(NEGATIVE),
        "{sku}: {on_hand} on hand",
        "More was sold than there was.",
        COUNT,
    ),
)
