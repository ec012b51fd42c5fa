"""A generation as its supervisor sees it: a process, a wire, what it prints, and its chapter."""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
from collections import deque
from collections.abc import Callable

from bodega.databases.story import Chapter
from bodega.lib import wire
from bodega.lib.clock import utc_now
from bodega.lib.wire import Word
from bodega.ops.release import Release
from bodega.ops.supervisor import die_with_parent, how
from bodega.ops.voice import Voice

LAST_LINES = 12
PIECE_BYTES = 65_536

Note = Callable[[Chapter], None]


class Started:
    """One generation that was started. `note` is told its chapter whenever that changes."""

    def __init__(self, release: Release, voice: Voice, note: Note) -> None:
        self.release = release
        self.chapter = Chapter(
            key=secrets.token_hex(8),
            release=release.name,
            code=release.folder,
            started=_now(),
            host=socket.gethostname(),
            pid=os.getpid(),
        )
        self.told: Word = {}
        self.step = ""
        self.why = self.said_last = ""  # why it did not start, and its last line until then
        self.heard_at = self.drain_until = 0.0
        self.pid = 0
        self.has_ended = self.is_killed = False
        self._voice, self._note = voice, note
        self._tail: deque[str] = deque(maxlen=LAST_LINES)
        self._unread = b""

    def start(self, words: list[str], inherited: tuple[int, ...], now: float) -> None:
        """Start its process. `words`: behind its release's command. Raises OSError."""
        self.wire, theirs = wire.pair()
        self.output, writing = os.pipe()
        os.set_blocking(self.output, False)
        command = [*self.release.command, "generation", *words, "--wire", str(theirs.fileno())]
        try:
            process = subprocess.Popen(
                command,
                env=self.release.environment(os.environ),
                pass_fds=(*inherited, theirs.fileno()),
                stdin=subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                start_new_session=True,
                preexec_fn=die_with_parent,  # noqa: PLW1509 - two system calls, no lock
            )
        finally:
            theirs.close()
            os.close(writing)
        process.returncode = 0  # whoever reaps everybody reaps it: subprocess must not
        self.pid, self.heard_at = process.pid, now
        self._note(self.chapter)

    @property
    def name(self) -> str:
        """For people."""
        identity = self.chapter.id[:8] or "not joined"
        return f"{self.release.name} ({identity})"

    @property
    def state(self) -> str:
        return self.chapter.state

    def listen(self, now: float) -> list[Word]:
        """Hear what it says and pass on what it prints; the words."""
        self._read_output()
        words = self.wire.heard()
        for word in words:
            self.heard_at = now
            self.told |= word
            self._take(word)
        return words

    def enter(self, state: str) -> None:
        """It is in another state from now on."""
        self.chapter.state = state
        if state in {"live", "draining", "gone"}:
            setattr(self.chapter, state, _now())
        self._note(self.chapter)

    def drain(self, patience: float, now: float) -> None:
        """Ask it to end; after `patience` seconds it is killed (`kill`)."""
        if not self.drain_until:
            self.drain_until = now + patience
            self.enter("draining")
            self._signal(signal.SIGTERM)

    def kill(self, why: str) -> None:
        """End it now, with all its processes."""
        self.is_killed, self.chapter.why = True, why
        for pid in {self.pid, *self.told.get("pids", [])}:
            self._signal(signal.SIGKILL, pid)

    def bury(self, code: int, now: float) -> None:
        """Its process has ended with `code` (negative: a signal)."""
        self.listen(now)
        if self._unread:
            self._pass_on(self._unread)
        self.wire.close()
        os.close(self.output)
        self.has_ended = True
        self.chapter.exit = code
        if self.chapter.state != "draining":
            self.chapter.why = self.why = self.why or self.chapter.why or how(code)
            self.said_last = self.said_last or (self._tail[-1].strip() if self._tail else "")
        self.enter("gone")

    @property
    def last_lines(self) -> list[str]:
        """What it printed last."""
        return list(self._tail)

    def _take(self, word: Word) -> None:
        self.step = word.get("step", self.step)
        if "why" in word:
            self.why, self.said_last = word["why"], self._tail[-1].strip() if self._tail else ""
        self.chapter.served = int(word.get("served", self.chapter.served))
        if "id" in word:
            self.chapter.id = word["id"]
            self._note(self.chapter)

    def _read_output(self) -> None:
        while True:
            try:
                piece = os.read(self.output, PIECE_BYTES)
            except BlockingIOError:
                return
            if not piece:
                return
            *lines, self._unread = (self._unread + piece).split(b"\n")
            for line in lines:
                self._pass_on(line)

    def _pass_on(self, line: bytes) -> None:
        text = line.decode(errors="replace")
        self._tail.append(text)
        self._voice.pass_on(text, self.chapter.id)

    def _signal(self, number: signal.Signals, pid: int | None = None) -> None:
        if not self.has_ended:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid or self.pid, number)


def _now() -> str:
    return utc_now().isoformat(timespec="milliseconds")
