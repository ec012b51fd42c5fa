"""One listening browser: the channels it may hear, and what waits to be sent to it."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

from bodega.cable import frames


class Subscriber:
    """A bounded queue of frames. Who reads too slowly loses the queue and is told to resync.

    Lives in one event loop; nothing here blocks, so one subscriber never holds up another.
    """

    def __init__(self, channels: Sequence[str], position: int, bound: int) -> None:
        """`position`: the last message it knows; `bound`: how many frames may wait."""
        self.channels = tuple(channels)
        self.position = position
        self.has_ended = False
        self.on_end: Callable[[], object] = lambda: None
        self._bound = bound
        self._waiting: deque[bytes] = deque()
        self._news: asyncio.Future[None] | None = None

    def put(self, frame: bytes, position: int) -> None:
        """Queue a frame, with which the stream stands at `position`."""
        self.position = position
        if len(self._waiting) >= self._bound:
            self._waiting.clear()
            frame = frames.resync(position)
        self._waiting.append(frame)
        self._wake()

    def beat(self, position: int) -> None:
        """A sign of life, unless something waits to be sent anyway."""
        if not self._waiting:
            self.put(frames.at(max(position, self.position)), max(position, self.position))

    def end(self, last: bytes = b"") -> None:
        """Send what waits, then `last`, and no more."""
        if not self.has_ended:
            self.has_ended = True
            self._waiting.append(last)
            self._wake()
            self.on_end()

    async def next(self) -> bytes:
        """Everything that waits, in one piece; b"" when the stream has ended."""
        while not self._waiting and not self.has_ended:
            self._news = asyncio.get_running_loop().create_future()
            await self._news
        piece = b"".join(self._waiting)
        self._waiting.clear()
        return piece

    def _wake(self) -> None:
        if self._news is not None and not self._news.done():
            self._news.set_result(None)
