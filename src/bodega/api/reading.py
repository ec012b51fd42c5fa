"""What a program sends: a JSON object, every value checked before anything is done with it."""

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from bodega.api.answering import Refused
from bodega.orders.models import Order
from bodega.payments.models import Refund
from bodega.payments.portions import Piece, Wish

LONGEST_KEY = 255
WORDS = {"lines", "shipping", "amount", "payment", "reason", "note"}
LINE_WORDS = {"line", "sku", "quantity", "restock"}


def body_of(request: HttpRequest) -> dict[str, Any]:
    """The object that was sent. Raises Refused."""
    try:
        said = json.loads(request.body)
    except ValueError:
        raise Refused(400, "not_json", "The body is not JSON.") from None
    if not isinstance(said, dict):
        raise Refused(400, "not_an_object", "The body must be a JSON object: {…}.")
    return said


def key_of(request: HttpRequest) -> str | None:
    """The Idempotency-Key, if one was sent. Raises Refused."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if len(key) > LONGEST_KEY:
        sentence = f"An Idempotency-Key has at most {LONGEST_KEY} characters."
        raise Refused(400, "key_too_long", sentence, "Idempotency-Key")
    return key or None


def wish_of(order: Order, said: Mapping[str, Any]) -> Wish:
    """The refund that is asked for. Raises Refused."""
    check_words(said, WORDS, "")
    lines = said.get("lines", [])
    if not isinstance(lines, list):
        raise invalid("lines", "must be a list")
    reason = said.get("reason", Refund.Reason.REQUESTED)
    if reason not in Refund.Reason.values:
        raise invalid("reason", f"must be one of {', '.join(Refund.Reason.values)}")
    payment = said.get("payment")
    return Wish(
        pieces=[piece(order, line, f"lines[{n}]") for n, line in enumerate(lines)],
        shipping=whole(said.get("shipping", 0), "shipping", at_least=0),
        adjustment=whole(said.get("amount", 0), "amount"),
        attempt_id=None if payment is None else whole(payment, "payment"),
        reason=reason,
        note=text(said.get("note", ""), "note", 400),
    )


def piece(order: Order, said: Any, where: str) -> Piece:
    """A line by its id, or by its SKU where that is only one line. Raises Refused."""
    if not isinstance(said, dict):
        raise invalid(where, "must be an object")
    check_words(said, LINE_WORDS, f"{where}.")
    restock = said.get("restock", False)
    if not isinstance(restock, bool):
        raise invalid(f"{where}.restock", "must be true or false")
    quantity = whole(said.get("quantity"), f"{where}.quantity", at_least=1)
    if "line" in said:
        return Piece(whole(said["line"], f"{where}.line"), quantity, restock)
    found = list(order.lines.filter(sku=text(said.get("sku"), f"{where}.sku", 40)))
    if len(found) != 1:
        raise invalid(f"{where}.sku", "must name one line of the order; or name it by its id: line")
    return Piece(found[0].pk, quantity, restock)


def check_words(said: Mapping[str, Any], known: set[str], where: str) -> None:
    """Raises Refused for a word that would be ignored: a typing error in it costs money."""
    for word in said:
        if word not in known:
            raise invalid(f"{where}{word}", f"is not known; there are {', '.join(sorted(known))}")


def whole(value: Any, field: str, *, at_least: int | None = None) -> int:
    """A whole number. Raises Refused."""
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) >= 2**63:
        raise invalid(field, "must be a whole number (amounts are minor units: 1250 is €12.50)")
    if at_least is not None and value < at_least:
        raise invalid(field, f"must be at least {at_least}")
    return value


def text(value: Any, field: str, longest: int) -> str:
    """A text. Raises Refused."""
    if not isinstance(value, str) or len(value) > longest:
        raise invalid(field, f"must be a text of at most {longest} characters")
    return value


def invalid(field: str, what: str) -> Refused:
    """The error of a value."""
    return Refused(422, "invalid", f"{field} {what}.", field)
