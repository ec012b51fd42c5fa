"""A buyer: looks around, fills a cart, orders, pays at the bank, and comes back to a paid order.

She sends every POST with a key. When the answer does not come she says so, and sends the same request
with the same key again; now and then she does that although the answer came, and compares.
"""

import random
import re
import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode, urlsplit

from bodega.ops.drill.incident.premises import BUYER, Bank
from bodega.ops.drill.storm.memory import Diary, Purchase, Repeat, Request
from bodega.ops.drill.storm.visiting import Answer, Cut, Line

PAUSE = 0.2  # seconds before a request that was cut is sent again
MOST_TRIES = 100
FIELDS = {
    "checkout_key": re.compile(r'name="checkout_key" value="([^"]+)"'),
    "total": re.compile(r'name="total" value="(\d+)"'),
    "method": re.compile(r'name="method" value="(\d+)"[^>]*checked'),
}
SESSION = re.compile(r"cs_test_\w+")
ORDER = re.compile(r"^/orders/(\w+)/")
PAID = 'data-status="paid"'


class Unexpected(Exception):
    """An answer that is not the one a buyer gets at this `step`."""

    def __init__(self, step: str, sentence: str) -> None:
        super().__init__(sentence)
        self.step = step


@dataclass(frozen=True)
class Manners:
    """How buyers behave. `think`: the longest pause before a request, in seconds; `repeats`: how often
    an answer that has come is taken for lost; `has_keys`: whether a POST says its key."""

    think: float = 0.8
    repeats: float = 0.05
    has_keys: bool = True


@dataclass
class Street:
    """Where a buyer goes: the shop's public address, the line to it, and the bank."""

    url: str
    line: Line
    bank: Bank


class Buyer:
    """Buys again and again."""

    def __init__(
        self, street: Street, diary: Diary, manners: Manners, chance: random.Random
    ) -> None:
        self._street, self._diary = street, diary
        self._manners, self._chance = manners, chance
        self._headers = {
            "Host": urlsplit(street.url).netloc,
            "Origin": street.url,
            "Accept": "text/html",
        }
        self._bought = Purchase()

    def buy(self, variants: Sequence[int]) -> None:
        """One purchase, to its end. What goes wrong is written down."""
        self._bought = Purchase()
        try:
            self._fill_a_cart(variants)
            self._order()
            self._pay()
        except Unexpected as error:
            self._note(time.time(), error.step, str(error))
        self._diary.note(self._bought)

    def _fill_a_cart(self, variants: Sequence[int]) -> None:
        self._get("look", self._chance.choice(["/", "/cart/", "/search/?q=fern"]))
        for variant in self._chance.sample(variants, self._chance.randint(1, 2)):
            quantity = self._chance.randint(1, 2)
            fields = {"variant": str(variant), "quantity": str(quantity)}
            answer = self._post("cart", "/cart/lines/", fields)
            if answer.status != 303:
                raise Unexpected("cart", f"answered {answer.status}")
            self._bought.cart = answer.cookies.get("cart", self._bought.cart)
            self._bought.wanted[str(variant)] = quantity

    def _order(self) -> None:
        page = self._get("checkout", "/checkout/")
        fields = {name: found("checkout", shape, page.body) for name, shape in FIELDS.items()}
        answer = self._post("order", "/checkout/", {**BUYER, **fields})
        self._bought.session = found("order", SESSION, answer.location)

    def _pay(self) -> None:
        session = self._bought.session
        try:
            self._street.bank.pay(session)
        except OSError as error:
            raise Unexpected("pay", f"the bank: {error}") from error
        self._bought.is_charged = True
        if self._chance.random() < 0.2:
            return  # closes the window: the shop hears of it from the bank alone
        back = self._get("return", f"/payments/return/?session_id={session}")
        order = found("return", ORDER, back.location)
        page = self._get("order page", f"/orders/{order}/")
        if PAID not in page.body:
            raise Unexpected("order page", f"answered {page.status}, and it is not paid")
        self._bought.order = order

    def _get(self, step: str, path: str) -> Answer:
        return self._insist(step, "GET", path)[0]

    def _post(self, step: str, path: str, fields: dict[str, str]) -> Answer:
        """Send a form; once more with its key when it was cut, and now and then when it was not."""
        key, body = secrets.token_hex(16), urlencode(fields)
        answer, at, tries = self._insist(step, "POST", path, body, key)
        if tries > 1:
            self._diary.note(repeat(step, "cut", at, answer))
        elif self._chance.random() < self._manners.repeats:
            first, (answer, at, _) = answer, self._insist(step, "POST", path, body, key)
            self._diary.note(repeat(step, "on purpose", at, answer, difference(first, answer)))
        return answer

    def _insist(
        self, step: str, method: str, path: str, body: str | None = None, key: str = ""
    ) -> tuple[Answer, float, int]:
        """Ask, and ask again whenever that was cut; the answer, when its try began, which try it was."""
        self._think()
        headers = self._headers | {"Cookie": f"cart={self._bought.cart}"}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if key and self._manners.has_keys:
            headers["Idempotency-Key"] = key
        for tries in range(1, MOST_TRIES):
            began = time.time()
            try:
                answer = self._street.line.ask(method, path, headers, body)
            except Cut as cut:
                self._note(began, step, cut.kind)
            else:
                self._note(began, step, f"answered {answer.status}" * (answer.status >= 500))
                if answer.status < 500:
                    return answer, began, tries
            time.sleep(PAUSE)
        raise Unexpected(step, f"no answer after {MOST_TRIES} tries")

    def _note(self, began: float, step: str, failure: str) -> None:
        seconds = time.time() - began
        self._diary.note(Request(began, seconds, step, self._street.line.is_kept, failure))

    def _think(self) -> None:
        time.sleep(self._chance.random() * self._manners.think)


def found(step: str, shape: re.Pattern[str], text: str) -> str:
    """What is searched for in an answer. Raises Unexpected."""
    match = shape.search(text)
    if match is None:
        raise Unexpected(step, f"no {shape.pattern!r} in {' '.join(text.split())[:200]!r}")
    return match.group(match.lastindex or 0)


def repeat(step: str, why: str, at: float, answer: Answer, other: str = "") -> Repeat:
    """What came of it."""
    session = SESSION.search(answer.location)
    is_replay = answer.headers.get("Idempotent-Replayed") == "true"
    return Repeat(step, why, at, is_replay, session.group() if session else "", other)


def difference(first: Answer, again: Answer) -> str:
    """What a repeated request was answered otherwise than the first; "" when nothing."""
    told = (
        ("status", str(first.status), str(again.status)),
        ("address", first.location, again.location),
        ("cart", first.cookies.get("cart", ""), again.cookies.get("cart", "")),
    )
    return "; ".join(f"{name} {one!r}, then {other!r}" for name, one, other in told if one != other)
