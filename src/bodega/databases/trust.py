"""May this process still say "thank you"?

Once a sync has failed or a file was pulled away from under us, nobody can tell any more what will be
there tomorrow. From that moment every acknowledgement is refused, and the process ends: in two steps,
so that visitors who wait get their 503 (design 3.2, rules 8 and 9). There is no way back: a new process
with new descriptors finds out what the disk really holds.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass

from bodega.databases.exits import Exit

log = logging.getLogger(__name__)

GRACE_SECONDS = 5.0  # for the answers in flight; they are refusals


class CannotAcknowledge(RuntimeError):
    """What was written or seen may be lost: say nothing that relies on it."""


@dataclass(frozen=True)
class Loss:
    """Why trust was lost, in a sentence, and the exit code that goes with it."""

    sentence: str
    code: Exit


class Trust:
    """One per process (`trust`, below); tests make their own."""

    def __init__(self, end: Callable[[Loss], None] | None = None) -> None:
        """`end`: ends the process, without blocking its caller."""
        self.lost: Loss | None = None
        self._end = end or end_process
        self._mutex = threading.Lock()

    def check(self) -> None:
        """Raise CannotAcknowledge once trust is lost."""
        if self.lost is not None:
            raise CannotAcknowledge(self.lost.sentence)

    def lose(self, sentence: str, code: Exit, rescue: Callable[[], str] = lambda: "") -> None:
        """Refuse every acknowledgement from now on and end the process. The first reason stays.

        `rescue`: saves what can be saved before the end, and says what it did.
        """
        with self._mutex:
            if self.lost is not None:
                return
            self.lost = Loss(sentence, code)
        log.critical("%s. This process acknowledges nothing any more and ends.", sentence)
        try:
            log.critical("%s", rescue() or "There is nothing to salvage.")
        except OSError as error:
            log.critical("What it had could not be put into safety: %s", error)
        self._end(self.lost)

    def exit_code(self, otherwise: int) -> int:
        """What the process should end with: the loss's code, or `otherwise`."""
        return otherwise if self.lost is None else int(self.lost.code)


def end_process(loss: Loss) -> None:
    """Ask the process to stop, as a supervisor would; insist after GRACE_SECONDS."""
    threading.Thread(target=_end, args=(loss.code,), name="end", daemon=True).start()


def _end(code: int) -> None:
    if callable(signal.getsignal(signal.SIGTERM)):  # somebody knows how to stop in two steps
        os.kill(os.getpid(), signal.SIGTERM)
        threading.Event().wait(GRACE_SECONDS)
    logging.shutdown()
    # Not sys.exit: no thread may go on, and no connection be closed in an orderly way. A last close
    # checkpoints and unlinks, by locks that we may no longer hold.
    os._exit(code)


trust = Trust()
