"""Do orders add up, and are their states possible?"""

import json
from collections.abc import Iterator

from bodega.ops.audit.books import Books, Row
from bodega.ops.audit.questions import Question, sql
from bodega.ops.doctor.findings import Level

FROZEN = "Orders are frozen when they are placed: somebody changed a row, or a write was lost."
COMPARE = (
    "Compare with the session at Stripe (its metadata has every amount) and correct the row: "
    "bodega sql --write"
)

TOTALS = """
    SELECT number, currency, total, subtotal - discount + shipping
        + CASE WHEN prices_include_tax THEN 0 ELSE tax END AS parts
    FROM orders_order
    WHERE total <> subtotal - discount + shipping
        + CASE WHEN prices_include_tax THEN 0 ELSE tax END
    ORDER BY id
"""
LINES = """
    SELECT o.number, o.currency, o.subtotal, coalesce(l.subtotal, 0) AS lines,
        o.discount, coalesce(l.discount, 0) AS shares
    FROM orders_order o
    LEFT JOIN (SELECT order_id, sum(subtotal) AS subtotal, sum(discount) AS discount
        FROM orders_orderline GROUP BY order_id) l ON l.order_id = o.id
    WHERE o.subtotal <> coalesce(l.subtotal, 0) OR o.discount <> coalesce(l.discount, 0)
        OR l.order_id IS NULL
    ORDER BY o.id
"""
PRICES = """
    SELECT o.number, o.currency, l.sku, l.quantity, l.unit_price, l.subtotal, l.discount
    FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
    WHERE l.subtotal <> l.unit_price * l.quantity OR l.discount > l.subtotal OR l.quantity = 0
    ORDER BY l.id
"""
TAXES = """
    SELECT o.number, o.currency, o.tax, coalesce(l.tax, 0) + o.shipping_tax AS parts
    FROM orders_order o
    LEFT JOIN (SELECT order_id, sum(tax) AS tax FROM orders_orderline GROUP BY order_id) l
        ON l.order_id = o.id
    WHERE o.tax <> coalesce(l.tax, 0) + o.shipping_tax
    ORDER BY o.id
"""
# Half away from zero, as taxes.amounts rounds: (2a + b) / 2b in whole numbers is a / b, rounded.
RATES = """
    SELECT * FROM (
        SELECT l.id, o.number, o.currency, l.sku, l.tax_name, l.tax_ppm, l.tax,
            CASE WHEN o.prices_include_tax
                THEN (2 * (l.subtotal - l.discount) * l.tax_ppm + 1000000 + l.tax_ppm)
                    / (2 * (1000000 + l.tax_ppm))
                ELSE (2 * (l.subtotal - l.discount) * l.tax_ppm + 1000000) / 2000000
            END AS should
        FROM orders_orderline l JOIN orders_order o ON o.id = l.order_id
    ) t
    WHERE tax <> should
    ORDER BY id
"""
SUMMARIES = "SELECT id, number, currency, total, tax, taxes FROM orders_order ORDER BY id"
STATES = """
    SELECT number, status, paid_at FROM orders_order
    WHERE (status IN ('paid', 'fulfilled') AND paid_at IS NULL)
        OR (status IN ('awaiting_payment', 'expired') AND paid_at IS NOT NULL)
    ORDER BY id
"""
OVERDUE = """
    SELECT number, expires_at FROM orders_order
    WHERE status = 'awaiting_payment' AND expires_at < ?
    ORDER BY expires_at
"""
DISCOUNTS = """
    SELECT d.code, d.used, coalesce(r.uses, 0) AS redeemed
    FROM discounts_discount d
    LEFT JOIN (SELECT discount_id, count(*) AS uses FROM discounts_redemption
        GROUP BY discount_id) r ON r.discount_id = d.id
    WHERE d.used <> coalesce(r.uses, 0)
    ORDER BY d.code
"""


def summaries(books: Books) -> Iterator[Row]:
    """Orders whose table of taxes, which the invoice states, is not what they charge."""
    for row in books.rows(SUMMARIES):
        taxes = json.loads(row["taxes"]) if isinstance(row["taxes"], str) else row["taxes"]
        tax = sum(each["tax"] for each in taxes)
        gross = sum(each["net"] + each["tax"] for each in taxes)
        if (gross, tax) != (row["total"], row["tax"]):
            yield {**row, "gross": gross, "stated": tax}


def overdue(books: Books) -> Iterator[Row]:
    """Orders that nobody asked Stripe about, long after their time was over."""
    from bodega.ops.audit.machinery import LATE

    return books.rows(OVERDUE, books.ago(LATE))


QUESTIONS = (
    Question(
        "orders.totals",
        "Every total is goods − discount + shipping (+ tax where prices exclude it).",
        sql(TOTALS),
        "{number}: the total is {total}, its parts make {parts}",
        FROZEN,
        COMPARE,
        money=("total", "parts"),
    ),
    Question(
        "orders.lines",
        "Every order's goods and discount are the sums of its lines.",
        sql(LINES),
        "{number}: goods {subtotal}, lines {lines}; discount {discount}, shares {shares}",
        f"{FROZEN} What is packed and what was paid for differ.",
        COMPARE,
        money=("subtotal", "lines", "discount", "shares"),
    ),
    Question(
        "orders.prices",
        "Every line is its price times its quantity.",
        sql(PRICES),
        "{number}, {sku}: {quantity} × {unit_price} is not {subtotal} (discount {discount})",
        FROZEN,
        COMPARE,
        money=("unit_price", "subtotal", "discount"),
    ),
    Question(
        "orders.taxes",
        "Every order's tax is the sum of its lines' and its shipping's.",
        sql(TAXES),
        "{number}: the tax is {tax}, its parts make {parts}",
        "The tax return and the invoices would differ.",
        COMPARE,
        money=("tax", "parts"),
    ),
    Question(
        "orders.rates",
        "Every line's tax is what its rate makes of its price, to the minor unit.",
        sql(RATES),
        "{number}, {sku}: the tax is {tax}, {tax_name} ({tax_ppm} ppm) makes {should}",
        "Customers were charged another tax than the one they were shown.",
        COMPARE,
        money=("tax", "should"),
    ),
    Question(
        "orders.summaries",
        "Every order's table of taxes adds up to what it charges.",
        summaries,
        "{number}: the table states {gross} with {stated} tax, the order charges {total} with {tax}",
        "The invoice is made of that table.",
        COMPARE,
        money=("gross", "stated", "total", "tax"),
    ),
    Question(
        "orders.states",
        "Orders are paid if and only if they say when.",
        sql(STATES),
        "{number} is {status}, paid at: {paid_at}",
        "Lists and sums by state or by date of payment do not agree.",
        "Ask Stripe: bodega reconcile; then correct the row: bodega sql --write",
    ),
    Question(
        "orders.overdue",
        "No order waits for a payment long after its time.",
        overdue,
        "{number} should have been paid or given up by {expires_at} UTC",
        "Its stock is held for nothing, or its money has not been noticed.",
        "Is a worker running, can it reach Stripe? bodega doctor; then: bodega reconcile",
        level=Level.WARN,
    ),
    Question(
        "orders.discounts",
        "Every discount code was counted as often as it was redeemed.",
        sql(DISCOUNTS),
        "{code}: counted {used} times, redeemed {redeemed} times",
        "A code with a limit ends too early or too late.",
        "Set `used` to what was redeemed: bodega sql --write",
        level=Level.WARN,
    ),
)
