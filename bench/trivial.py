"""The limit: the shop's own server with an application that only says hello."""

import sys
from typing import Any

from bodega.web.server import Server, serve

HELLO = b"hello\n"
HEADERS = [(b"content-type", b"text/plain"), (b"content-length", str(len(HELLO)).encode())]


class Trivial:
    """The smallest ASGI application, with what the server expects of ours."""

    in_flight = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        await send({"type": "http.response.body", "body": HELLO})

    async def warm_up(self, *, is_again: bool = False) -> None:
        """There is nothing to warm."""

    def drain(self) -> None:
        """There is nothing to drain."""


class TrivialServer(Server):
    """The server of `bodega web`, with the same settings."""

    def load(self) -> Any:
        return Trivial()


if __name__ == "__main__":
    sys.exit(serve(int(sys.argv[sys.argv.index("--fd") + 1]), TrivialServer()))
