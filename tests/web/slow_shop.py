"""The real server with a small application, for tests of how it stops.

`python -m tests.web.slow_shop --fd N`: `/slow` answers when it reads a line on stdin, `/begun` has begun
to before, `/stream` answers when the server tells the application to drain, everything else at once.
"""

import asyncio
import sys
from typing import Any

from bodega.web.bridge import Receive, Scope, Send, refuse
from bodega.web.server import Server, serve


class SlowShop:
    """What the server needs of the door."""

    def __init__(self) -> None:
        self.in_flight = 0
        self.draining = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            print("closed", flush=True)
            await send({"type": "lifespan.shutdown.complete"})
            return
        self.in_flight += 1
        if scope["path"] == "/slow":
            print("slow", flush=True)
            await asyncio.to_thread(sys.stdin.readline)
        elif scope["path"] == "/begun":
            await begin(send)
            await asyncio.to_thread(sys.stdin.readline)
            await send({"type": "http.response.body", "body": b"end\n"})
            self.in_flight -= 1
            return
        elif scope["path"] == "/stream":
            print("stream", flush=True)
            await self.draining.wait()
        await refuse(send, 200, f"{scope['path']}\n")
        self.in_flight -= 1

    async def warm_up(self, *, is_again: bool = False) -> None:
        return

    def told(self) -> dict[str, int]:
        return {"served": 0}

    def drain(self) -> None:
        self.draining.set()
        print("draining", flush=True)


async def begin(send: Send) -> None:
    """The first half of an answer, which promises to keep the connection."""
    length = (b"content-length", b"10")
    await send({"type": "http.response.start", "status": 200, "headers": [length]})
    await send({"type": "http.response.body", "body": b"begun\n", "more_body": True})
    print("begun", flush=True)


class SlowServer(Server):
    def load(self) -> Any:
        return SlowShop()


if __name__ == "__main__":
    sys.exit(serve(int(sys.argv[sys.argv.index("--fd") + 1]), SlowServer()))
