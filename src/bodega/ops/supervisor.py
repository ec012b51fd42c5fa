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
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from bodega.lib import wire
from bodega.lib.wire import Wire, Word

FIRST_PAUSE = 0.1  # seconds before a dead child is started again; doubled each time …
LONGEST_PAUSE = 10.0
HEALTHY_SECONDS = 30.0  # … until one has lived so long
BOOT_SECONDS = 60.0  # for the first word of a wired child
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>

Clock = Callable[[], float]
Say = Callable[[str], None]


@dataclass
class Child:
    """A process that should be there as long as it `is_wanted`. `words`: its command line.

    One that `is_wired` gets `--wire N` as its last words and tells how it is at least every few seconds;
    `told` is what it said since it was started, word by word, the latest of each.
    """

    name: str
    words: Sequence[str]
    inherited: tuple[int, ...] = ()
    is_wired: bool = False
    is_wanted: bool = True
    process: "subprocess.Popen[bytes] | None" = None
    started: float = 0.0
    pause: float = FIRST_PAUSE
    due: float = 0.0
    wire: Wire | None = None
    told: Word = field(default_factory=dict)
    heard: float = 0.0
    on_end: Callable[["Child"], None] = lambda _child: None

    @property
    def pid(self) -> int | None:
        return self.process.pid if self.process else None

    def start(self, now: float) -> None:
        """Start it, in a process group of its own: Ctrl-C at the terminal reaches only us."""
        words, inherited, theirs = [*self.words], self.inherited, None
        if self.is_wired:
            self.wire, theirs = wire.pair()
            words += ["--wire", str(theirs.fileno())]
            inherited = (*inherited, theirs.fileno())
        self.process = subprocess.Popen(
            words,
            pass_fds=inherited,
            start_new_session=True,
            preexec_fn=die_with_parent,  # noqa: PLW1509 - two system calls, no lock
        )
        if theirs is not None:
            theirs.close()
        self.told = {}
        self.started = self.heard = now

    def listen(self, now: float) -> None:
        """Hear what it says."""
        for word in self.wire.heard() if self.wire else ():
            self.told |= word
            self.heard = now

    def bury(self, now: float) -> float:
        """Note its death; returns the seconds until it may be started again."""
        if self.wire is not None:
            self.listen(now)  # its last words
            self.wire.close()
            self.wire = None
        self.on_end(self)
        if now - self.started >= HEALTHY_SECONDS or not self.is_wanted:
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
    # Seconds after which a wired child that says nothing is killed; 0 never.
    hung_seconds: float = 0.0
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

    def tick(self, timeout: float = 1.0, also: Iterable[Wire] = ()) -> None:
        """Wait for a signal, a word or `timeout` seconds; bury the dead, start again what is due.

        `also`: wires of the caller's at which the wait ends, too.
        """
        now = self.clock()
        waits = [child.due - now for child in self._missing()]
        wires = [child.wire for child in self.children if child.wire and child.wire.is_open]
        ears: list[int | Wire] = [self._wake[0], *wires, *(each for each in also if each.is_open)]
        ready, _, _ = select.select(ears, [], [], max(0.0, min([timeout, *waits])))
        if self._wake[0] in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake[0], 512)
        now = self.clock()
        for child in self.children:
            child.listen(now)
        self._reap()
        self._end_the_hung(now)
        for child in self._missing():
            if child.due <= now and not self.is_stopping:
                child.start(now)

    def want(self, child: Child, is_wanted: bool) -> None:
        """From now on the child should be there, or should not: then it is asked to end."""
        if child.is_wanted and not is_wanted and child.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(child.process.pid, signal.SIGTERM)
        child.is_wanted = is_wanted

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

    def _missing(self) -> list[Child]:
        return [child for child in self.children if child.process is None and child.is_wanted]

    def _end_the_hung(self, now: float) -> None:
        for child in self._living() if self.hung_seconds and not self.is_stopping else ():
            # Who has not said a word yet is still being imported, on a busy machine perhaps for long.
            patience = self.hung_seconds if child.told else max(self.hung_seconds, BOOT_SECONDS)
            if child.wire and now - child.heard > patience and child.process is not None:
                child.heard = now  # not again before the kernel has ended it
                self.say(f"{child.name} said nothing for {patience:g} s and is killed.")
                os.kill(child.process.pid, signal.SIGKILL)

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
            self.say(f"{child.name} {how(code)}; the shop closes. What it said is above.")
        elif child.is_wanted and not self.is_stopping:
            self.say(f"{child.name} {how(code)}; starting it again in {pause:g} s.")


def how(code: int) -> str:
    """How a process ended, for people: "ended with exit code 1"."""
    if code < 0:
        return f"was ended by {signal.Signals(-code).name}"
    return f"ended with exit code {code}"


_libc = ctypes.CDLL(None)
_our_pid = os.getpid()


def die_with_parent() -> None:
    """In the child, before exec: SIGTERM when the supervisor dies, however it dies."""
    if sys.platform.startswith("linux"):
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != _our_pid:
            os._exit(1)  # it died before we could ask to be told
