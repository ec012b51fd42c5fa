"""A proxy that switches, as kamal-proxy does: new connections go to the new target, old ones stay.

It passes bytes and knows no HTTP: a kept-alive connection moves only because the shop says
"Connection: close" while it drains. While nobody answers at the target, new connections wait.
"""

import asyncio
import contextlib
import threading

PATIENCE = 30.0  # seconds a new connection waits for a target
PAUSE = 0.05
PIECE = 65_536


class Switch:
    """Listens on a port of its own, in a thread of its own."""

    def __init__(self) -> None:
        self.target: tuple[str, int] | None = None
        # The event loop forgets a connection whose one end has hung up; a garbage collection then would
        # end the other.
        self._lines: set[asyncio.Task[None] | None] = set()
        self._loop = asyncio.new_event_loop()
        self._server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=512)
        )
        host, port = self._server.sockets[0].getsockname()
        self.address: tuple[str, int] = (host, port)
        self._thread = threading.Thread(target=self._loop.run_forever, name="switch", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Hang up on everybody."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.run_until_complete(self._end())
        self._loop.close()

    async def _end(self) -> None:
        self._server.close()
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        this = asyncio.current_task()
        self._lines.add(this)
        try:
            await self._pass_on(reader, writer)
        finally:
            self._lines.discard(this)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                theirs = await self._connect()
        except TimeoutError:
            writer.close()
            return
        try:
            await asyncio.gather(_pump(reader, theirs[1]), _pump(theirs[0], writer))
        finally:
            for end in (writer, theirs[1]):
                end.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        while True:
            if self.target is not None:
                with contextlib.suppress(OSError):
                    return await asyncio.open_connection(*self.target)
            await asyncio.sleep(PAUSE)


async def _pump(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Until one end hangs up; then the other hears of it at once."""
    with contextlib.suppress(OSError):
        while piece := await reader.read(PIECE):
            writer.write(piece)
            await writer.drain()
    with contextlib.suppress(OSError):
        writer.write_eof() if writer.can_write_eof() else writer.close()
