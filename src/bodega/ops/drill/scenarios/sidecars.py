"""The `-wal` or the `-shm` is removed, cut or replaced while a process works with it."""

import os

from bodega.ops.drill.outcome import Outcome
from bodega.ops.drill.scenario import Loses, scenario
from bodega.ops.drill.stage import Stage


@scenario(Loses.ALWAYS, Outcome.SALVAGED)
def log_unlinked(stage: Stage) -> None:
    """The -wal is removed while it is open; its process is killed later."""
    _unlink(stage, "-wal", "killed")


@scenario(Loses.ALWAYS, Outcome.SALVAGED)
def log_unlinked_and_closed(stage: Stage) -> None:
    """The -wal is removed while it is open; its process closes in good order."""
    _unlink(stage, "-wal", "closes")


@scenario(Loses.ALWAYS, Outcome.SALVAGED, Outcome.STOPPED)
def shared_memory_unlinked(stage: Stage) -> None:
    """The -shm is removed while it is open; its process is killed later."""
    _unlink(stage, "-shm", "killed")


@scenario(Loses.ALWAYS, Outcome.SALVAGED, Outcome.STOPPED)
def shared_memory_unlinked_and_closed(stage: Stage) -> None:
    """The -shm is removed while it is open; its process closes in good order."""
    _unlink(stage, "-shm", "closes")


@scenario(Loses.ALWAYS, Outcome.SALVAGED)
def log_and_shared_memory_unlinked(stage: Stage) -> None:
    """Somebody cleans up: both -wal and -shm are removed while they are open."""
    _unlink(stage, "-wal -shm", "killed")


def _unlink(stage: Stage, suffixes: str, end: str) -> None:
    older = stage.agent("older")
    older.commit(2)
    for suffix in suffixes.split():
        stage.sidecar(suffix).unlink()
    older.commit(2)
    newer = stage.agent("newer")
    newer.commit(2)
    older.commit(2)
    newer.commit(2)
    older.kill() if end == "killed" else older.close()
    newer.commit()
    newer.close()


@scenario(Loses.ALWAYS, Outcome.SALVAGED)
def log_truncated(stage: Stage) -> None:
    """The -wal is cut to nothing while it is open; only the order journal knows what was in it."""
    stage.journal = "orders"
    only = stage.agent("only")
    only.commit(2)
    os.truncate(stage.sidecar("-wal"), 0)
    only.commit()
    only.kill()
