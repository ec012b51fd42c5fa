"""Every kind of mail the shop sends about an order, in the order of an order's life."""

from bodega.orders.wording import Kind

NOTHING: dict[str, str] = {}

_ALL = [
    Kind(
        name="receipt",
        title="Receipt",
        subject="Your order {number} at {shop}",
        body="# Thank you for your order\n\n"
        "Hello {name}, your order {number} is paid, and we are getting it ready.",
        knows=NOTHING,
        blocks=("articles", "address"),
    ),
    Kind(
        name="shipped",
        title="Shipping note",
        subject="Your order {number} is on its way",
        body="# Your order is on its way\n\n"
        "Hello {name}, a parcel of your order {number} has left our house.",
        knows={"carrier": "DHL", "tracking_number": "00340434161094"},
        blocks=("parcel", "address"),
    ),
    Kind(
        name="ready",
        title="“Ready to collect”",
        subject="Your order {number} is ready to collect",
        body="# Your order is ready\n\n"
        "Hello {name}, your order {number} waits for you. Please bring the order number along.",
        knows=NOTHING,
        blocks=("parcel", "shop"),
    ),
    Kind(
        name="payment_failed",
        title="“Payment failed”",
        subject="The payment of your order {number} did not work",
        body="# The payment did not work\n\n"
        "Hello {name}, your bank did not carry out the payment of order {number} over {total}, so "
        "nothing was charged. We keep the articles for you for a little while: you can try again on "
        "the order's page.",
        knows=NOTHING,
        button="Try again",
    ),
    Kind(
        name="expired",
        title="“Not paid in time”",
        subject="Your order {number} was not paid",
        body="# Did something go wrong?\n\n"
        "Hello {name}, we kept the articles of order {number} for you, but no payment arrived, so we "
        "have put them back on the shelf. Nothing was charged. If you still want them, they are in "
        "your cart; if you did not mean to order, there is nothing to do.",
        knows=NOTHING,
        button="See the order",
    ),
    Kind(
        name="cancelled",
        title="Cancellation",
        subject="Your order {number} was cancelled",
        body="# Your order was cancelled\n\n"
        "Hello {name}, order {number} over {total} was cancelled: {reason}\n\n{money}",
        knows={
            "reason": "The print was damaged in our stock.",
            "money": "What you have paid is given back to you.",
        },
        blocks=("articles",),
        button="See the order",
    ),
    Kind(
        name="refunded",
        title="Refund note",
        subject="Your refund for order {number}",
        body="# Money is on its way back\n\n"
        "Hello {name}, we have given back {amount} of order {number}, to where you paid from. Banks "
        "take up to ten days to show it.",
        knows={"amount": "€25.00"},
        blocks=("refund",),
        button="See the order",
    ),
    Kind(
        name="withdrawal",
        title="Withdrawal receipt",
        subject="We have received your withdrawal from order {number}",
        body="# We have received your withdrawal\n\n"
        "Hello {name}, you have withdrawn from the contract of order {number} on {time}. This is what "
        "you told us. Please keep this mail; we write to you about how it goes on.",
        knows={"time": "22 November 2026, 10:31:07 UTC"},
        blocks=("withdrawal",),
    ),
    Kind(
        name="withdrawal_accepted",
        title="“Withdrawal accepted”",
        subject="Your withdrawal from order {number} is accepted",
        body="# Your withdrawal is accepted\n\n"
        "Hello {name}, your withdrawal from order {number} is accepted. Please send back what you have "
        "received within 14 days; what you have paid is given back to you the way you paid.",
        knows=NOTHING,
        blocks=("withdrawal",),
    ),
    Kind(
        name="withdrawal_refused",
        title="“Withdrawal refused”",
        subject="About your withdrawal from order {number}",
        body="# We cannot accept your withdrawal\n\n"
        "Hello {name}, we cannot accept your withdrawal from order {number}: {reason}\n\n"
        "If you see it differently, please answer this mail.",
        knows={"reason": "The print was made to your own measures."},
        blocks=("withdrawal",),
    ),
    Kind(
        name="new_order",
        title="“New order”",
        subject="New order {number} over {total}",
        body="# A new order\n\n{name} has ordered for {total}. Order {number} is paid.",
        knows=NOTHING,
        blocks=("articles", "address"),
        button="Open it in the back office",
        is_for_merchant=True,
    ),
    Kind(
        name="withdrawal_filed",
        title="“New withdrawal”",
        subject="Withdrawal from order {number}",
        body="# Somebody withdraws from a contract\n\n"
        "{name} withdrew from order {number} on {time} and has the receipt. Please decide about it; "
        "money is due within 14 days.",
        knows={"time": "22 November 2026, 10:31:07 UTC"},
        blocks=("withdrawal",),
        button="Open it in the back office",
        is_for_merchant=True,
    ),
    Kind(
        name="dispute",
        title="“New dispute”",
        subject="Order {number}: the customer's bank wants {amount} back",
        body="# A payment is disputed\n\n"
        "The bank of {name} asks for {amount} of order {number} back. You can answer with evidence "
        "until {deadline}; without an answer the money is lost.",
        knows={"amount": "€54.90", "deadline": "1 December 2026, 23:59 UTC"},
        button="Open it in the back office",
        is_for_merchant=True,
    ),
]
KINDS = {kind.name: kind for kind in _ALL}
