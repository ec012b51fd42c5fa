"""Watching child processes: start, restart after a death, stop in two steps.

Fit to be process 1 of a container: it reaps every child, its own and adopted ones, and needs no init.
The kernel ends the children should this process be killed (PR_SET_PDEATHSIG), so nobody serves a shop
that nobody watches.
"""

import contextlib
import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

FIRST_PAUSE = 0.1  # seconds before a dead child is started again; doubled each time …
LONGEST_PAUSE = 10.0
HEALTHY_SECONDS = 30.0  # … until one has lived so long
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>

Clock = Callable[[], float]
Say = Callable[[str], None]


@dataclass
class Child:
    """A process that should always be there. `words`: its command line."""

    name: str
    words: Sequence[str]
    inherited: tuple[int, ...] = ()
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    due: float = 0.0

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def start(self, now: float) -> None:
        """Start it, in a process group of its own: Ctrl-C at the terminal reaches only us."""
        self.process = subprocess.Popen(
            self.words,
            pass_fds=self.inherited,
            start_new_session=True,
            preexec_fn=_die_with_parent,  # noqa: PLW1509 - two system calls, no lock
        )
        self.started = now

    def bury(self, now: float) -> float:
        """Note its death; returns the seconds until it may be started again."""
        if now - self.started >= HEALTHY_SECONDS:
            self.pause = FIRST_PAUSE
        pause, self.pause = self.pause, min(self.pause * 2, LONGEST_PAUSE)
        self.process, self.due = None, now + pause
        return pause


@dataclass
class Supervisor:
    """Keeps children alive until told to stop."""

    children: list[Child]
    say: Say = lambda line: print(line, file=sys.stderr, flush=True)
    clock: Clock = time.monotonic
    # Exit codes after which nobody is started again: the whole shop must be looked at (or started) anew.
    fatal: frozenset[int] = frozenset()
    exit_code: int = 0
    is_stopping: bool = False
    _wake: tuple[int, int] = field(default_factory=os.pipe)

    def listen_to_signals(self) -> None:
        """From now on SIGTERM and SIGINT mean stop, SIGCHLD that there is somebody to bury."""
        for end in self._wake:
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._wake[1], warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._told_to_stop)
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def start(self) -> None:
        """Start every child."""
        for child in self.children:
            child.start(self.clock())

    def tick(self, timeout: float = 1.0) -> None:
        """Wait for a signal or `timeout` seconds; bury the dead, start again what is due."""
        now = self.clock()
        waits = [child.due - now for child in self.children if child.process is None]
        ready, _, _ = select.select([self._wake[0]], [], [], max(0.0, min([timeout, *waits])))
        if ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake[0], 512)
        self._reap()
        now = self.clock()
        for child in self.children:
            if child.process is None and child.due <= now and not self.is_stopping:
                child.start(now)

    def stop(self, patience: float) -> bool:
        """SIGTERM to all, SIGKILL after `patience` seconds; False when that was needed."""
        self.is_stopping = True
        self._signal(signal.SIGTERM)
        end = self.clock() + patience
        while self._living() and self.clock() < end:
            self.tick(min(0.2, max(0.0, end - self.clock())))
        late = [child.name for child in self._living()]
        if late:
            self.say(f"{' and '.join(late)} did not stop within {patience:g} s and was killed.")
            self._signal(signal.SIGKILL)
            while self._living():
                self.tick(0.2)
        return not late

    def _told_to_stop(self, _number: int, _frame: object) -> None:
        self.is_stopping = True

    def _living(self) -> list[Child]:
        return [child for child in self.children if child.process is not None]

    def _signal(self, number: signal.Signals) -> None:
        for child in self._living():
            if child.process is not None:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child.process.pid, number)

    def _reap(self) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for child in self.children:
                if child.process is not None and child.process.pid == pid:
                    self._note_death(child, os.waitstatus_to_exitcode(status))

    def _note_death(self, child: Child, code: int) -> None:
        assert child.process is not None
        child.process.returncode = code
        pause = child.bury(self.clock())
        if code in self.fatal:
            self.exit_code, self.is_stopping = code, True
            self.say(f"{child.name} {_how(code)}; the shop closes. What it said is above.")
        elif not self.is_stopping:
            self.say(f"{child.name} {_how(code)}; starting it again in {pause:g} s.")


def _how(code: int) -> str:
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


_libc = ctypes.CDLL(None)
_our_pid = os.getpid()


def _die_with_parent() -> None:
    """In the child, before exec: SIGTERM when the supervisor dies, however it dies."""
    if sys.platform.startswith("linux"):
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != _our_pid:
            os._exit(1)  # it died before we could ask to be told
