"""Posts a webhook: the smallest HTTP/1.1 client that does, so that no dependency is needed."""

import asyncio
import ssl
from collections.abc import Mapping
from urllib.parse import urlsplit

MOST_READ = 65_536


class BadAnswer(Exception):
    """The other side answered something that is not HTTP."""


async def post(url: str, headers: Mapping[str, str], body: bytes, timeout: float) -> int:
    """The status of the answer. Raises OSError, TimeoutError or BadAnswer when there is none."""
    async with asyncio.timeout(timeout):
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        port = parts.port or (443 if secure else 80)
        context = ssl.create_default_context() if secure else None
        reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=context)
        try:
            writer.write(head(url, headers, len(body)) + body)
            await writer.drain()
            return await status_of(reader)
        finally:
            writer.close()


def head(url: str, headers: Mapping[str, str], length: int) -> bytes:
    parts = urlsplit(url)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    lines = [f"POST {target} HTTP/1.1", f"Host: {parts.netloc.rpartition('@')[2]}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {length}", "Connection: close", "", ""]
    return "\r\n".join(lines).encode("latin-1")


async def status_of(reader: asyncio.StreamReader) -> int:
    line = (await reader.readline()).decode("latin-1").split()
    if len(line) < 2 or not line[0].startswith("HTTP/") or not line[1].isdecimal():
        raise BadAnswer("the connection was closed or the answer is not HTTP")
    # Reads on until the other side closes: one that is cut off while it writes may log an error.
    left = MOST_READ
    while left > 0 and (chunk := await reader.read(left)):
        left -= len(chunk)
    return int(line[1])
