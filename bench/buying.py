"""Buyers for bench/checkout.py: a process that buys over HTTP, step after step, and only counts.

A buyer has no cookie yet and comes from an address of its own, puts one article into the cart, opens
the checkout page, posts the form, pays on the bank's side (its control API, so that no payment page is
in the measurement), and comes back to the shop, which settles the payment and shows the order. One
thread, epoll and raw sockets: the buyers must not cost more than what they measure.
"""

import json
import re
import select
import sys
import time
from collections.abc import Generator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Literal

import load

ADDRESS = (
    "email=ada%40example.com&name=Ada+Lovelace&street=Torstr.+1&postcode=10115&city=Berlin"
    "&country=DE&billing_same=on&terms=on"
)
KEY = re.compile(rb'name="checkout_key" value="([^"]+)"')
TOTAL = re.compile(rb'name="total" value="(\d+)"')
METHOD = re.compile(rb'name="method" value="(\d+)"[^>]*checked')
SESSION = re.compile(rb"cs_test_\w+")
CART = re.compile(rb"cart=(\w+)")
ORDER = re.compile(rb"location: /orders/", re.IGNORECASE)

Whom = Literal["shop", "bank"]
Steps = Generator[tuple[str, Whom, bytes], bytes, None]


class Unexpected(Exception):
    """An answer that is not the one a buyer gets."""


@dataclass
class Bought:
    """What the buyers saw: seconds of each whole checkout, and of each step's answers."""

    seconds: float = 0.0
    checkouts: list[float] = field(default_factory=list)
    steps: dict[str, list[float]] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)


@dataclass
class Hosts:
    """Where shop and bank listen."""

    shop: tuple[str, int]
    bank: tuple[str, int]


def checkout(hosts: Hosts, variant: int, visitor: int) -> Steps:
    """One anonymous checkout, step by step: (name, whom to ask, request) → answer."""
    where = f"{hosts.shop[0]}:{hosts.shop[1]}"
    head = (
        f"Host: {where}\r\nOrigin: http://{where}\r\nAccept: text/html\r\n"
        f"X-Forwarded-For: 10.{visitor >> 16 & 255}.{visitor >> 8 & 255}.{visitor & 255}\r\n"
    )
    answer = yield "cart", "shop", post("/cart/lines/", f"variant={variant}&quantity=1", head)
    head += f"Cookie: cart={found(CART, answer)}\r\n"
    page = yield "page", "shop", get("/checkout/", head)
    answers = "&".join(
        [
            ADDRESS,
            f"checkout_key={found(KEY, page)}",
            f"total={found(TOTAL, page)}",
            f"method={found(METHOD, page)}",
        ]
    )
    answer = yield "order", "shop", post("/checkout/", answers, head)
    session = found(SESSION, answer)
    bank = f"Host: {hosts.bank[0]}:{hosts.bank[1]}\r\n"
    yield "pay", "bank", post(f"/_fake/pay/{session}", "", bank)
    answer = yield "return", "shop", get(f"/payments/return/?session_id={session}", head)
    if not ORDER.search(answer):
        raise Unexpected(f"not sent to a paid order: {answer[:200]!r}")


def get(path: str, head: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\n{head}\r\n".encode()


def post(path: str, body: str, head: str) -> bytes:
    kind = "Content-Type: application/x-www-form-urlencoded\r\n"
    length = f"Content-Length: {len(body)}\r\n"
    return f"POST {path} HTTP/1.1\r\n{head}{kind}{length}\r\n{body}".encode()


def found(pattern: re.Pattern[bytes], answer: bytes) -> str:
    match = pattern.search(answer)
    if match is None:
        raise Unexpected(f"{pattern.pattern!r} is not in {answer[:300]!r}")
    return (match.group(1) if pattern.groups else match.group()).decode()


class Buyer:
    """Buys again and again, on two kept-alive connections."""

    def __init__(self, hosts: Hosts, bought: Bought) -> None:
        self.lines = {"shop": load.Connection(hosts.shop), "bank": load.Connection(hosts.bank)}
        self.bought = bought
        self.line = self.lines["shop"]
        self.is_idle = True

    def begin(self, steps: Steps) -> None:
        self.steps, self.began, self.is_idle = steps, time.perf_counter(), False
        self.ask(next(steps))

    def ask(self, step: tuple[str, Whom, bytes]) -> None:
        self.name, whom, request = step
        self.line = self.lines[whom]
        self.line.ask(request)

    def hear(self) -> None:
        """Something arrived; when the answer is whole, the next step. Raises Unexpected."""
        answer = self.line.take()
        if answer is None:
            return
        now = time.perf_counter()
        self.bought.steps.setdefault(self.name, []).append(now - self.line.began)
        try:
            self.ask(self.steps.send(answer))
        except StopIteration:
            self.bought.checkouts.append(now - self.began)
            self.is_idle = True


def buy(hosts: Hosts, variants: Sequence[int], buyers: int, seconds: float, first: int) -> Bought:
    """Let so many buyers buy for so long; everybody finishes what was begun. `first`: visitor number."""
    bought = Bought()
    crowd = [Buyer(hosts, bought) for _ in range(buyers)]
    poll = select.epoll()
    listening = {}
    for buyer in crowd:
        for line in buyer.lines.values():
            poll.register(line.socket.fileno(), select.EPOLLIN)
            listening[line.socket.fileno()] = buyer
    number, begun = first, time.perf_counter()
    while not bought.errors:
        is_open = time.perf_counter() < begun + seconds
        for buyer in crowd:
            if buyer.is_idle and is_open:
                buyer.begin(checkout(hosts, variants[number % len(variants)], number))
                number += 1
        if all(buyer.is_idle for buyer in crowd):
            break
        for descriptor, _ in poll.poll(10.0):
            try:
                listening[descriptor].hear()
            except (Unexpected, ConnectionError) as error:
                bought.errors.append(str(error))
    bought.seconds = time.perf_counter() - begun
    poll.close()
    return bought


def main() -> None:
    """Words from a line of standard input, what was seen to standard output; again until it ends."""
    for line in sys.stdin:
        words = json.loads(line)
        hosts = Hosts(tuple(words["shop"]), tuple(words["bank"]))
        seen = buy(hosts, words["variants"], words["buyers"], words["seconds"], words["first"])
        print(json.dumps(asdict(seen)), flush=True)


if __name__ == "__main__":
    main()
