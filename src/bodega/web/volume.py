"""`/-/volume`: who answers here, and on which volume; `/ready`: may traffic be sent to it?

A newcomer's supervisor asks the proxy's address for `/-/volume`, and starts with `--expect-generation`
and what it was told: it then refuses any directory on which exactly that generation does not answer.
"""

from pathlib import Path

from bodega.databases.register import state_of
from bodega.databases.volume import read_identity
from bodega.web.bridge import Receive, Scope, Send
from bodega.web.health import Health, send_json


class Volume:
    """`/-/volume`. Says nothing else below `/-/`."""

    def __init__(self, directory: Path, release: str, generation: str) -> None:
        """`generation`: the id under which `bodega up` has joined; "" for a web process on its own."""
        self._directory = directory
        self._told = {
            "volume": read_identity(directory).id,
            "generation": generation,
            "release": release,
        }

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        if scope["path"] != "/-/volume":
            await send_json(send, 404, {"why": "there is only /-/volume"})
            return
        await send_json(send, 200, {**self._told, "state": self.state()})

    def state(self) -> str:
        """Where the generation is in its life; "live" for a web process on its own."""
        generation = self._told["generation"]
        return state_of(self._directory, generation) if generation else "live"


class Ready:
    """`/ready`: 200 when the process is healthy and its generation is live."""

    def __init__(self, health: Health, volume: Volume) -> None:
        self._health, self._volume = health, volume

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        state = self._volume.state()
        why = self._health.complaint() or ("" if state == "live" else f"the generation is {state}")
        told = {"status": "unavailable", "why": why} if why else {"status": "ready"}
        await send_json(send, 503 if why else 200, told)
