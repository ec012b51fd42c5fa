"""A process of buyers: `python -m bodega.ops.drill.storm.crowd`; its words come as JSON on its input.

They buy until the input ends, finish what they have begun, and write everything down in a file.
"""

import json
import random
import socket
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from bodega.ops.drill.incident.premises import Bank
from bodega.ops.drill.storm.buying import Buyer, Manners, Street
from bodega.ops.drill.storm.memory import Diary, Request
from bodega.ops.drill.storm.visiting import PATIENCE, Line, kind_of

SLOW_SECONDS = 6.0  # less than a generation's limit to drain, 8 seconds


@dataclass(frozen=True)
class Words:
    """`door`: where they connect to, host and port; `url`: the shop's public address; `first`: number
    of the first buyer: even ones keep their connection, odd ones open one for each request."""

    door: tuple[str, int]
    url: str
    bank: str
    diary: str
    variants: list[int]
    buyers: int
    first: int = 0
    manners: dict[str, float] = field(default_factory=dict)
    has_slow_one: bool = True

    def told(self) -> str:
        return json.dumps(asdict(self))


class Crowd:
    """The buyers of one process."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.diary = Diary(Path(words.diary))
        self.goes_home = threading.Event()
        tasks: list[Callable[[], None]] = [self._buyer(n) for n in range(words.buyers)]
        if words.has_slow_one:
            tasks.append(self._send_slowly)
        self._threads = [threading.Thread(target=task) for task in tasks]

    def run(self) -> None:
        """Until the input ends."""
        for thread in self._threads:
            thread.start()
        sys.stdin.read()
        self.goes_home.set()
        for thread in self._threads:
            thread.join()
        self.diary.close()

    def _buyer(self, number: int) -> Callable[[], None]:
        words, at = self.words, self.words.first + number
        line = Line(words.door, is_kept=at % 2 == 0)
        street = Street(words.url, line, Bank(words.bank))
        chance = random.Random(at)  # noqa: S311 - a model's customers
        buyer = Buyer(street, self.diary, Manners(**words.manners), chance)  # type: ignore[arg-type]  # JSON has one kind of number

        def shop() -> None:
            while not self.goes_home.is_set():
                buyer.buy(words.variants)
            line.close()

        return shop

    def _send_slowly(self) -> None:
        """Somebody on a bad line: there is always a request of theirs under way, byte after byte."""
        while not self.goes_home.is_set():
            began, failure = time.time(), ""
            try:
                status = slow_post(self.words.door, self.words.url)
                failure = "" if status == "303" else f"answered {status}"
            except OSError as error:
                failure = kind_of(error)
            note = Request(began, time.time() - began, "slow", is_kept=False, failure=failure)
            self.diary.note(note)


def slow_post(door: tuple[str, int], url: str) -> str:
    """One POST whose body takes SLOW_SECONDS; the status, "" when the connection was closed."""
    body = b"country=DE" + b"&" * 20
    head = (
        f"POST /cart/country/ HTTP/1.1\r\nHost: {urlsplit(url).netloc}\r\nOrigin: {url}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection(door, timeout=PATIENCE) as line:
        line.sendall(head.encode())
        for byte in body:
            time.sleep(SLOW_SECONDS / len(body))
            line.sendall(bytes([byte]))
        answer = line.recv(4096)
        if not answer:
            raise ConnectionResetError
    return answer.split(b" ", 2)[1].decode()


def main() -> None:
    """The first line says everything."""
    told = json.loads(sys.stdin.readline())
    Crowd(Words(**{**told, "door": tuple(told["door"])})).run()


if __name__ == "__main__":
    main()
