"""The processes of one generation: web processes on one socket, and a worker."""

import os
import sys

from bodega.ops.supervisor import Child
from bodega.ops.terms import Terms


class Crew:
    """The children of a generation, and what they tell all together."""

    def __init__(self, descriptor: int, terms: Terms) -> None:
        """`descriptor`: of the listening socket."""
        bodega = [sys.executable, "-m", "bodega"]
        web = [*bodega, "web", "--fd", str(descriptor)]
        count = terms.workers
        names = ["web"] if count == 1 else [f"web {number}" for number in range(1, count + 1)]
        self.web = [
            Child(name, web, inherited=(descriptor,), is_wired=True, on_end=self._note_end)
            for name in names
        ]
        grace = max(0.5, terms.drain - 1)
        self.worker = Child("worker", [*bodega, "worker", "--grace", f"{grace:g}"], is_wired=True)
        self._served_before = 0  # by web processes that have ended
        self._is_open = False
        self.why = ""  # a web process has said of its own end

    @property
    def children(self) -> list[Child]:
        return [*self.web, self.worker]

    @property
    def dead(self) -> str:
        """The name of a process that is missing, or that came back meanwhile."""
        names = [c.name for c in self.children if c.process is None and c.is_wanted]
        return names[0] if names else ""

    @property
    def pids(self) -> tuple[int, ...]:
        """Of all that live."""
        return tuple(child.pid for child in self.children if child.pid)

    def is_ready(self) -> bool:
        """Whether all wait for the word to open."""
        return all(child.told.get("step") == "ready" for child in self.children)

    def open(self) -> None:
        """Let everybody begin, also those who come later."""
        self._is_open = True
        for child in self.web:
            child.words = [*child.words, "--again"]  # when it has to be started once more
        self._let_begin()

    def is_open(self) -> bool:
        """Whether every web process accepts visitors."""
        return all(child.told.get("step") == "open" for child in self.web)

    def told(self) -> dict[str, object]:
        """What they told last, added up; for the supervisor."""
        if self._is_open:
            self._let_begin()

        def total(name: str) -> int:
            return sum(int(child.told.get(name, 0)) for child in self.web)

        return {
            "served": self._served_before + total("served"),
            "busy": total("busy"),
            "held": total("held"),
            "jobs": int(self.worker.told.get("jobs", 0)) if self.worker.pid else 0,
            "works": self.worker.pid is not None,
            "rests": not self.worker.is_wanted,
            "pids": [os.getpid(), *self.pids],
        }

    def _let_begin(self) -> None:
        for child in self.children:
            if child.told.get("step") == "ready" and child.wire is not None:
                child.told["step"] = "told"
                child.wire.tell(do="open")

    def _note_end(self, child: Child) -> None:
        self._served_before += int(child.told.get("served", 0))
        self.why = child.told.get("why", "")
        child.told = {}
