"""Live updates in cable.sqlite3, as server-sent events.

    cable.broadcast("order:7f3a", "paid", {"number": 1042})     # after the commit
    cable.sign("order:7f3a")                                    # in the page: /live/?channel=<token>

`cable.stream` is the ASGI application behind `/live/`.
"""

from bodega.cable.broadcasting import broadcast, position
from bodega.cable.tokens import sign

__all__ = ["broadcast", "position", "sign"]
