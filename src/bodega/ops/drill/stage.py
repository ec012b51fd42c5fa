"""The scene of one scenario: a scratch volume, the agents on it, and what an outsider does to it."""

import shutil
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any

from bodega.databases.copies import copy_file, open_reader
from bodega.databases.layout import FILES
from bodega.databases.volume import create_volume
from bodega.ops.drill import recovering
from bodega.ops.drill.crew import GUARDED, Agent, Preparation
from bodega.ops.drill.evidence import Evidence, create, examine
from bodega.ops.drill.outcome import Outcome

DATABASE = FILES["primary"].name


class Stage:
    """A scratch directory with a volume of 15 orders. `kind`: whose agents play, see `crew.Agent`."""

    def __init__(self, directory: Path, kind: str) -> None:
        self.directory = directory
        self.kind = kind
        self.volume = self.room("volume")
        create_volume(self.volume, "drill")
        self.database = self.volume / DATABASE
        self.acknowledged = create(self.database)
        self.agents: list[Agent] = []
        self.prevented: list[str] = []
        self.salvaged: list[str] = []
        self.kept: list[Path] = []
        self.journal = ""
        self._ends = ExitStack()

    @property
    def is_guarded(self) -> bool:
        return self.kind == GUARDED

    def room(self, name: str) -> Path:
        """A directory beside the volume: a mount point, a place for a copy."""
        path = self.directory / name
        path.mkdir()
        return path

    def agent(
        self,
        name: str,
        *,
        at: Path | None = None,
        before: Sequence[Preparation] = (),
        isolated: bool = False,
        environment: dict[str, str] | None = None,
        **how: Any,
    ) -> Agent:
        """Start an agent that has the database open. `at`: its path, when it sees it elsewhere."""
        agent = Agent(name, self.kind, at or self.database, before, isolated, environment or {})
        if self.is_guarded and self.journal:
            how["journal"] = self.journal
        if self.is_guarded and (living := self._living()):
            how["expect"] = living.generation  # as a supervisor or a proxy would tell
        agent.start()
        self._ends.callback(agent.kill)
        self.agents.append(agent)
        agent.open(**how)
        return agent

    def _living(self) -> Agent | None:
        return next((each for each in reversed(self.agents) if each.is_serving), None)

    def sidecar(self, suffix: str) -> Path:
        """The `-wal` or `-shm` beside the database."""
        return self.database.with_name(self.database.name + suffix)

    def copy_aside(self, source: Path | None = None, name: str = "copy.sqlite3") -> Path:
        """`cp` of a file to a place beside the volume."""
        target = self.directory / name
        shutil.copyfile(source or self.database, target)
        return target

    def back_up(self) -> Path:
        """What Bodega's own backup does instead of `cp`: SQLite makes the copy, in its own process."""
        target = self.directory / "backup-of-bodega.sqlite3"
        reader = open_reader(self.database)
        copy_file(reader, target)
        reader.close()
        self.prevented.append("bodega backup copies through SQLite, never by hand")
        return target

    def restore(self, backup: Path) -> None:
        """Plain: `cp` over the database, the same inode, other bytes. Guarded: `bodega restore`."""
        if not self.is_guarded:
            shutil.copyfile(backup, self.database)
            return
        sentence, kept = recovering.restore(backup, self.database)
        self.prevented.append(sentence)
        self.kept += [kept / DATABASE] if kept else []

    def examine(self, path: Path | None = None) -> Evidence:
        """End whoever still runs, do what an operator would do, and compare what was acknowledged with
        what is there."""
        self._ends.close()
        told = [token for agent in self.agents for token in agent.acknowledged]
        if self.is_guarded and path is None:
            self.salvaged += recovering.salvage(self.database)
            if self.journal:
                self.salvaged += recovering.enter_again(self.database, self.journal)
        return examine(path or self.database, [*self.acknowledged, *told], *self.kept)

    def outcome(self) -> tuple[Outcome, tuple[str, ...]]:
        """What the guards did, and their sentences; the strongest measure counts."""
        ends = [agent.ended for agent in self.agents if agent.ended]
        refusals = [end.sentence for end in ends if not end.was_open]
        stops = [end.sentence for end in ends if end.was_open]
        prevented = [*self.prevented, *(s for agent in self.agents for s in agent.prevented)]
        if self.salvaged:
            return Outcome.SALVAGED, (*stops, *self.salvaged)
        if stops:
            return Outcome.STOPPED, tuple(stops)
        if refusals:
            return Outcome.REFUSED, tuple(refusals)
        return (Outcome.PREVENTED, tuple(prevented)) if prevented else (Outcome.HELD, ())

    @property
    def errors(self) -> tuple[str, ...]:
        """What the agents were told by SQLite."""
        return tuple(error for agent in self.agents for error in agent.errors)

    def __enter__(self) -> "Stage":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ends.close()
