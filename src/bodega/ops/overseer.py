"""The supervisor: holds the socket, lets generations come and go, and never stops listening.

It imports no Django and nothing of the shop, and does not care which release its generations are of. One
thread turns one loop: hear signals, words and callers; bury the dead; carry on with what is under way.
"""

import contextlib
import os
import select
import signal
import socket
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict

from bodega.databases.exits import Exit
from bodega.databases.story import Chapter
from bodega.lib.wire import Wire, Word
from bodega.ops.control import Control
from bodega.ops.listening import public_address
from bodega.ops.release import NoRelease, Served
from bodega.ops.rollout import LATE_SECONDS, STEPS, Wish, roll_out
from bodega.ops.started import Started
from bodega.ops.supervisor import FIRST_PAUSE, HEALTHY_SECONDS, LONGEST_PAUSE, how
from bodega.ops.systemd import Notify
from bodega.ops.terms import Terms
from bodega.ops.voice import Voice

TURN_SECONDS = 0.5
# The files were pulled away from under the shop: look first, then open it again (docs/durability.md).
FATAL = frozenset({int(Exit.UNTIED)})


class Overseer:
    """The generations of one `bodega up`."""

    def __init__(
        self,
        listener: socket.socket,
        terms: Terms,
        voice: Voice,
        note: Callable[[Chapter], None] = lambda _chapter: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.listener, self.terms, self.voice, self.clock = listener, terms, voice, clock
        self.control: Control | None = None
        self.notify = Notify()
        self.generations: list[Started] = []  # that have not ended
        self.pending: Wish | None = None
        self.exit_code = 0
        self.refusal = ""  # why the first generation did not open
        self._note = note
        self._procedures: list[Iterator[None]] = []
        self._rolling: Wish | None = None
        self._served = Served()
        self._pause, self._due, self._live_since = FIRST_PAUSE, 0.0, 0.0
        self._signals: list[int] = []
        self._stop_until: float | None = None
        self._wake = os.pipe()

    # What `bodega up` calls

    def listen_to_signals(self) -> None:
        """SIGTERM and SIGINT close the shop (twice: at once), SIGHUP deploys the same code again."""
        for end in self._wake:
            os.set_blocking(end, False)
        signal.set_wakeup_fd(self._wake[1], warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda told, _frame: self._signals.append(told))
        signal.signal(signal.SIGCHLD, lambda *_: None)

    def run(self, first: Wish) -> int:
        """Open the shop with the first release, keep it open until told to stop; the exit code."""
        self.ask(first)
        while self._stop_until is None or self.generations:
            self.turn()
        return self.exit_code

    def turn(self, timeout: float = TURN_SECONDS) -> None:
        """Wait until something happens, then do what there is to do."""
        self._listen(0.0 if self._is_due() else timeout)
        self._obey_signals()
        for caller, word in self.control.questions() if self.control else ():
            self._answer(caller, word)
        self._reap()
        self._watch()
        if self._is_due():
            self._begin()
        self._carry_on()

    # What a rollout calls

    @property
    def living(self) -> list[Started]:
        """Every generation that has not ended."""
        return [each for each in self.generations if not each.has_ended]

    def start(self, wish: Wish) -> Started:
        """Start a generation of the release that somebody wishes for."""
        new = Started(wish.release, self.voice, self._note)
        expect = wish.expect or next((g.chapter.id for g in self.living if g.state == "live"), None)
        words = ["--fd", str(self.listener.fileno()), *self.terms.words]
        words += ["--expect", expect] if expect else []
        try:
            new.start(words, (self.listener.fileno(),), self.clock())
        except OSError as error:
            new.why, new.has_ended = (
                f"{wish.release.python} cannot be started: {error.strerror}",
                True,
            )
        else:
            self.generations.append(new)
            wish.say("started", f"{wish.release.name} starts", pid=new.pid)
        return new

    def note_live(self, wish: Wish, new: Started, seconds: float) -> None:
        """The new generation serves."""
        new.enter("live")
        is_first = self._served.latest is None
        self._served.note(wish.release)
        self._rolling, self._live_since = None, self.clock()
        address = public_address(self.listener)
        said = f"{address}/" if is_first else f"{new.name} after {seconds:.1f} s"
        self.voice.say("open" if is_first else "live", said, new.chapter.id)
        self.notify.ready()
        self.notify.status(f"{new.name} serves {address}/")
        wish.say("live", f"{new.name} is live after {seconds:.1f} s", seconds=round(seconds, 3))

    def note_failure(self, wish: Wish, new: Started, why: str) -> None:
        """The new generation did not make it, and is gone."""
        self._rolling = None
        if self._stop_until is not None:
            wish.finish("closed", "the shop was closed meanwhile")
            return
        if new.said_last.rstrip(".") not in why:
            why = f"{why}; it said last: {new.said_last}"
        if new.chapter.gone:
            new.chapter.why = why
            self._note(new.chapter)
        stays = next((g.name for g in self.living if g.state == "live"), "")
        keeps = f"; {stays} keeps serving" if stays else ""
        wish.finish(
            "failed", f"{why}{keeps}", lines=new.last_lines, exit=new.chapter.exit, serves=stays
        )
        if self._served.latest is None:
            self.refusal, self.exit_code = why, max(1, new.chapter.exit or 1)
            self._stop()
            return
        self.voice.say("failed", f"{new.name}: {why}{keeps}", new.chapter.id)
        self.notify.ready()  # after SIGHUP: no longer reloading
        self._slow_down()

    # Asking

    def ask(self, wish: Wish) -> None:
        """Deploy this next. A wish that waits is replaced: only the newest matters."""
        if self._stop_until is not None:
            wish.finish("closed", "the shop is being closed")
            return
        if self.pending is not None:
            self.pending.finish("replaced", f"{wish.release.name} was asked for after it")
        self.pending = wish
        if self._rolling is not None:
            wish.say("queued", f"waits for {self._rolling.release.name}, which is under way")

    def _answer(self, caller: Wire, word: Word) -> None:
        if word.get("ask") != "deploy":
            caller.tell(**self.told())
            caller.close()
            return
        try:
            self.ask(Wish(self._served.wanted(word), caller))
        except NoRelease as error:
            caller.tell(end="failed", sentence=str(error), lines=[])
            caller.close()

    def told(self) -> Word:
        """How the shop is, for `bodega status`."""
        return {
            "pid": os.getpid(),
            "address": public_address(self.listener),
            "limit": self.terms.limit,
            "rolling": self._rolling.release.name if self._rolling else None,
            "pending": self.pending.release.name if self.pending else None,
            "generations": [
                {**asdict(each.chapter), **each.told, "pid": each.pid} for each in self.living
            ],
        }

    # One turn

    def _listen(self, timeout: float) -> None:
        ears: list[int | Wire | Control] = [self._wake[0]]
        if self.control is not None:
            ears += [self.control, *self.control.callers]
        for each in self.living:
            ears += [each.output, *([each.wire] if each.wire.is_open else [])]
        ready, _, _ = select.select(ears, [], [], timeout)
        if self._wake[0] in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake[0], 512)
        for each in self.living:
            for word in each.listen(self.clock()):
                self._report(each, word)

    def _report(self, each: Started, word: Word) -> None:
        """Tell what a generation has done, to who watches us and who asked for it."""
        step = word.get("step", "")
        for warning in word.get("warnings", ()):
            self.voice.say("warning", warning, each.chapter.id)
        if step in STEPS and self._rolling is not None and each.state == "starting":
            sentence = STEPS[step].format(**{"id": "", "beside": 0, **word})
            self._rolling.say(step, f"{each.release.name} {sentence}")
            if step in SAID:
                event, message = SAID[step]
                self.voice.say(event, message.format(**word), each.chapter.id)

    def _obey_signals(self) -> None:
        while self._signals:
            number = self._signals.pop(0)
            if number == signal.SIGHUP:
                if self._served.latest is not None:
                    self.notify.reloading()
                    self.ask(Wish(self._served.latest))
            elif self._stop_until is None:
                self._stop()
            else:
                self._stop_until = self.clock()  # impatience: now

    def _stop(self) -> None:
        """Close: everybody drains, and new visitors go elsewhere from now on."""
        self.notify.stopping()
        self._stop_until = self.clock() + self.terms.drain + LATE_SECONDS
        if self.pending is not None:
            self.pending.finish("closed", "the shop was closed before it began")
            self.pending = None
        self.listener.close()
        for each in self.living:
            each.drain(self.terms.drain + LATE_SECONDS, self.clock())

    def _reap(self) -> None:
        """Bury whoever ended: our generations, and orphans that were handed to process 1."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            for each in self.living:
                if each.pid == pid:
                    self._bury(each, os.waitstatus_to_exitcode(status))

    def _bury(self, each: Started, code: int) -> None:
        was = each.state
        each.bury(code, self.clock())
        self.generations.remove(each)
        if was != "live":
            return
        if code in FATAL:
            self.exit_code = code
            self.voice.say("closing", f"{each.name} {how(code)}; the shop closes", each.chapter.id)
            if self._stop_until is None:
                self._stop()
        else:
            self._slow_down()
            self.voice.say("died", f"{each.name} {how(code)}; starting it again", each.chapter.id)

    def _slow_down(self) -> None:
        """The more often it dies, the longer the pause before the next try."""
        if self.clock() - self._live_since >= HEALTHY_SECONDS:
            self._pause = FIRST_PAUSE
        self._due = self.clock() + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)

    def _watch(self) -> None:
        """Kill what drains for too long, and what says nothing any more."""
        now = self.clock()
        for each in self.living:
            is_late = bool(each.drain_until) and now > each.drain_until
            if self._stop_until is not None and now > self._stop_until:
                is_late = True
            is_hung = each.state == "live" and now - each.heard_at > self.terms.hung
            if (is_late or is_hung) and not each.is_killed:
                why = (
                    "did not end in time" if is_late else f"said nothing for {self.terms.hung:g} s"
                )
                self.voice.say("killed", f"{each.name} {why} and is killed", each.chapter.id)
                each.kill(why)

    def _is_due(self) -> bool:
        """Whether a generation should be started now: somebody wishes for it, or nobody serves."""
        if self._stop_until is not None or self._rolling is not None:
            return False
        if self.pending is not None:
            return len(self.living) < self.terms.limit
        is_served = any(each.state in {"starting", "live"} for each in self.living)
        return not is_served and self._served.latest is not None and self.clock() >= self._due

    def _begin(self) -> None:
        wish, self.pending = self.pending, None
        if wish is None:
            assert self._served.latest is not None
            wish = Wish(self._served.latest)
        self._rolling = wish
        self._procedures.append(roll_out(self, wish))

    def _carry_on(self) -> None:
        for procedure in list(self._procedures):
            if next(procedure, DONE) is DONE:
                self._procedures.remove(procedure)


SAID = {
    "probed": ("volume", "{volume} (id {identity})"),
    "joined": ("joined", "as generation {id:.8}, beside {beside} others"),
    "waiting": ("waiting", "{beside} older generations live"),
    "tables": ("tables", "up to date"),
    "files": ("files", "there"),
}
DONE = object()
