"""A small load generator: kept-alive connections, one request at a time on each, latencies in seconds.

One process, epoll and raw sockets: a client in Python must not be slower than the server it measures.
"""

import select
import socket
import time
from dataclasses import dataclass, field

HEADERS = (
    "Host: {host}\r\nAccept: text/html\r\nAccept-Encoding: gzip, deflate, br\r\n"
    "User-Agent: Mozilla/5.0 (X11; Linux x86_64) bench\r\nAccept-Language: en\r\n\r\n"
)


@dataclass
class Result:
    """What came back within the time: latencies in seconds, and answers other than 200."""

    seconds: float
    latencies: list[float] = field(default_factory=list)
    wrong: int = 0
    bytes: int = 0

    @property
    def rate(self) -> float:
        """Requests a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float) -> float:
        """Seconds within which a share of the answers came."""
        return sorted(self.latencies)[int((len(self.latencies) - 1) * share)]


class Connection:
    """A kept-alive connection and the answer that is coming in on it (header names in small letters)."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.began = 0.0
        self._got = b""
        self._missing = -1

    def ask(self, request: bytes) -> None:
        self._got, self._missing = b"", -1
        self.began = time.perf_counter()
        self.socket.sendall(request)

    def take(self) -> bytes | None:
        """Read; the whole answer when it is complete. Raises ConnectionError."""
        piece = self.socket.recv(262_144)
        if not piece:
            raise ConnectionError("the server closed the connection")
        self._got += piece
        if self._missing < 0:
            end = self._got.find(b"\r\n\r\n")
            if end < 0:
                return None
            at = self._got.index(b"content-length: ", 0, end + 2) + 16
            length = int(self._got[at : self._got.index(b"\r", at)])
            self._missing = end + 4 + length - len(self._got)
        else:
            self._missing -= len(piece)
        return self._got if self._missing <= 0 else None


def run(address: tuple[str, int], paths: list[str], connections: int, seconds: float) -> Result:
    """Ask for `paths` in turn, on so many connections, for so long."""
    head = HEADERS.format(host=f"{address[0]}:{address[1]}")
    requests = [f"GET {path} HTTP/1.1\r\n{head}".encode() for path in paths]
    lines = {(each := Connection(address)).socket.fileno(): each for _ in range(connections)}
    poll = select.epoll()
    for descriptor in lines:
        poll.register(descriptor, select.EPOLLIN)
    asked = 0
    for line in lines.values():
        line.ask(requests[asked % len(requests)])
        asked += 1
    begun = time.perf_counter()
    result = Result(0.0)
    while (now := time.perf_counter()) < begun + seconds:
        for descriptor, _ in poll.poll(1.0):
            line = lines[descriptor]
            answer = line.take()
            if answer is None:
                continue
            now = time.perf_counter()
            result.latencies.append(now - line.began)
            result.bytes += len(answer)
            result.wrong += not answer.startswith(b"HTTP/1.1 200")
            line.ask(requests[asked % len(requests)])
            asked += 1
    result.seconds = now - begun
    for line in lines.values():
        line.socket.close()
    poll.close()
    return result
