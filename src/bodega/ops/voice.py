"""What the supervisor says, for people or as JSON, and the lines of its generations."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime

from bodega.lib import logs

Write = Callable[[str], object]


def _print(line: str) -> None:
    print(line, flush=True)


def _print_error(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


class Voice:
    """`write`: takes what the supervisor says; `relay`: what its generations print."""

    def __init__(self, write: Write = _print, relay: Write = _print_error) -> None:
        self._write, self._relay = write, relay
        self._is_json = logs.is_json()

    def say(self, event: str, message: str, generation: str = "") -> None:
        """`event`: one word, the same for the same thing. `generation`: its id."""
        if self._is_json:
            self._write(_object("bodega up", message, generation, event=event))
        else:
            self._write(f"bodega up  {event:<9} {message}".rstrip())

    def pass_on(self, line: str, generation: str) -> None:
        """A line that a process of a generation printed; a traceback becomes JSON, too."""
        if self._is_json and not line.startswith("{"):
            line = _object("output", line, generation)
        self._relay(line)


def _object(who: str, message: str, generation: str, **more: str) -> str:
    moment = datetime.now(UTC).isoformat(timespec="milliseconds")
    told = {"time": moment, "level": "INFO", "who": who, **more, "message": message}
    if generation:
        told["generation"] = generation
    return json.dumps(told, ensure_ascii=False)
