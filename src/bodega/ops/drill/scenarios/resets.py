"""The WAL-reset race of SQLite 3.7.0 to 3.51.2 (https://sqlite.org/wal.html#walresetbug).

A checkpoint that begins when everything is copied already reads the index's header; if it is held up
for a moment right then, and a writer starts the log again from its beginning meanwhile, it takes the old
log's length for the new one's, and marks frames as copied that were never copied. The moment is about a
tenth of a microsecond wide. SIGSTOP makes it as long as we like: a process that checkpoints all the time
is stopped at random until it was caught there, which is seen in the `-shm`.
"""

import mmap
import os
import random
import signal
import struct
import time

from bodega.ops.drill.crew import Agent
from bodega.ops.drill.outcome import Outcome
from bodega.ops.drill.scenario import RESET_RACE_FIXED, Loses, scenario
from bodega.ops.drill.stage import Stage

# Seconds to go on trying: as long as it takes where the race is, a while where it should not be.
PATIENCE, PATIENCE_WITH_A_FIXED_ONE = 45.0, 3.0
LONG_LOG = 60_000  # bytes of one order that fills the log before it starts again
LAST_FRAME, COPIED = 16, 96  # offsets in the -shm: mxFrame, nBackfill (walformat, "WAL-Index")


@scenario(Loses.RACE, Outcome.HELD)
def log_starts_again_during_a_checkpoint(stage: Stage) -> None:
    """The WAL-reset race: a checkpoint overlaps with a writer that starts the log again."""
    # Nothing is synced: a copier that waits for the disk is never where we want it.
    pragmas = ("wal_autocheckpoint=0", "synchronous=OFF")
    writer, copier = (stage.agent(name, pragmas=pragmas) for name in ("writer", "copier"))
    copier.tell("checkpoint_forever")
    _meet(stage, writer, copier)
    # Rows in frames that are marked as copied: they are gone when the log starts again.
    writer.commit(12, pad=3000)
    copier.kill()
    writer.commit(30, pad=3000)
    writer.checkpoint()
    writer.commit()
    writer.kill()


def _meet(stage: Stage, writer: Agent, copier: Agent) -> None:
    """Stop the copier at random moments until one was the right one."""
    chance = random.Random(1)  # noqa: S311 - moments
    is_fixed = writer.version >= RESET_RACE_FIXED
    end = time.monotonic() + (PATIENCE_WITH_A_FIXED_ONE if is_fixed else PATIENCE)
    with stage.sidecar("-shm").open("rb") as file, _mapped(file.fileno()) as index:
        while time.monotonic() < end and not _is_marked_too_far(index):
            writer.commit(pad=LONG_LOG)
            time.sleep(chance.random() / 1000)
            os.kill(copier.process.pid, signal.SIGSTOP)
            writer.commit()
            os.kill(copier.process.pid, signal.SIGCONT)
            time.sleep(0.0003)


def _mapped(descriptor: int) -> mmap.mmap:
    return mmap.mmap(descriptor, 128, mmap.MAP_SHARED, mmap.PROT_READ)


def _is_marked_too_far(index: mmap.mmap) -> bool:
    """Whether more frames are marked as copied than there are."""
    (last,), (copied,) = (struct.unpack_from("=I", index, at) for at in (LAST_FRAME, COPIED))
    return bool(copied > last)
