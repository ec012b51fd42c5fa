"""Posts a webhook: the smallest HTTP/1.1 client that does, so that no dependency is needed."""

import asyncio
import ssl
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

MOST_READ = 65_536


class BadAnswer(Exception):
    """The other side answered something that is not HTTP."""


class Exchange(asyncio.Protocol):
    """One request, and its answer until the other side closes: one that is cut off while it
    writes may log an error. More than `MOST_READ` bytes are not waited for."""

    def __init__(self, request: bytes) -> None:
        self.request = request
        self.answer = b""
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(self.request)

    def data_received(self, data: bytes) -> None:
        self.answer += data
        if len(self.answer) > MOST_READ:
            self.connection_lost(None)

    def connection_lost(self, problem: Exception | None) -> None:
        if self.ended.done():
            return
        if problem is None:
            self.ended.set_result(None)
        else:
            self.ended.set_exception(problem)


async def post(url: str, headers: Mapping[str, str], body: bytes, timeout: float) -> int:
    """The status of the answer. Raises OSError, TimeoutError or BadAnswer when there is none."""
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    context = ssl.create_default_context() if secure else None
    exchange = Exchange(head(parts, headers, len(body)) + body)
    loop = asyncio.get_running_loop()
    async with asyncio.timeout(timeout):
        transport, _ = await loop.create_connection(
            lambda: exchange, parts.hostname or "", port, ssl=context
        )
        try:
            await exchange.ended
        finally:
            transport.close()
    return status_of(exchange.answer)


def head(parts: SplitResult, headers: Mapping[str, str], length: int) -> bytes:
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"POST {target} HTTP/1.1", f"Host: {parts.netloc.rpartition('@')[2]}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {length}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1")


def status_of(answer: bytes) -> int:
    line = answer.partition(b"\n")[0].decode("latin-1").split()
    if len(line) < 2 or not line[0].startswith("HTTP/") or not line[1].isdecimal():
        raise BadAnswer("the connection was closed or the answer is not HTTP")
    return int(line[1])
