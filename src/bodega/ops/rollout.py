"""One deploy, as a procedure that the supervisor carries on with at each of its turns.

A `yield` is a place where it waits: nothing here blocks, so the old generation's processes are watched,
other callers answered and signals heard while a new one comes up.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bodega.lib.wire import Wire
from bodega.ops.release import Release
from bodega.ops.started import Started

if TYPE_CHECKING:
    from bodega.ops.overseer import Overseer

OPEN_SECONDS = 15.0  # from the word until the new one accepts visitors
LATE_SECONDS = 2.0  # after a generation's own limit; then it is killed
STEPS = {
    "probed": "the volume and everybody who lives on it are seen",
    "joined": "has joined as {id:.8}",
    "waiting": "waits: {beside} older generations live, and there may be no more",
    "tables": "tables are up to date",
    "files": "static files are there",
    "ready": "is ready",
}


class Failed(RuntimeError):
    """The new generation did not make it; the message says why."""


@dataclass
class Wish:
    """A deploy that somebody asked for. `caller`: who is told how it goes; nobody for our own."""

    release: Release
    caller: Wire | None = None
    expect: str | None = None

    def say(self, step: str, sentence: str, **facts: object) -> None:
        """Progress."""
        if self.caller is not None:
            self.caller.tell(step=step, sentence=sentence, **facts)

    def finish(self, end: str, sentence: str, **facts: object) -> None:
        """The last word: `end` is live, failed, replaced or closed."""
        if self.caller is not None:
            self.caller.tell(end=end, sentence=sentence, release=self.release.name, **facts)
            self.caller.close()
            self.caller = None


def roll_out(shop: "Overseer", wish: Wish) -> Iterator[None]:
    """Start → ready → open → the older ones drain → they are gone. Else: remove it, old ones stay."""
    began = shop.clock()
    new = shop.start(wish)
    try:
        yield from _until(shop, new, "ready", shop.terms.ready)
        new.wire.tell(do="open")
        yield from _until(shop, new, "open", OPEN_SECONDS)
    except Failed as failure:
        yield from _remove(shop, new)
        shop.note_failure(wish, new, str(failure))
        return
    older = [each for each in shop.living if each is not new]
    live = shop.clock() - began
    shop.note_live(wish, new, live)
    for each in older:
        each.drain(shop.terms.drain + LATE_SECONDS, shop.clock())
    yield from _wait(lambda: all(each.has_ended for each in older))
    seconds = shop.clock() - began
    wish.finish(
        "live",
        f"{new.name} is live; the older ones are gone. {seconds:.1f} s in all",
        id=new.chapter.id,
        live=round(live, 3),
        seconds=round(seconds, 3),
    )


def _until(shop: "Overseer", new: Started, step: str, patience: float) -> Iterator[None]:
    """Wait until the new one has taken the step. Raises Failed."""
    began = shop.clock()
    while new.step != step:
        if new.has_ended or new.step == "refused":
            raise Failed(new.why or "it ended")
        if new.step == "waiting":
            began = shop.clock()  # for room: not its fault
        if shop.clock() - began > patience:
            raise Failed(
                f"it was not {step} within {patience:g} s (last step: {new.step or 'none'})"
            )
        if new.state == "draining":
            raise Failed("the shop closes")
        yield


def _remove(shop: "Overseer", new: Started) -> Iterator[None]:
    """See to it that nothing is left of it."""
    if not new.has_ended and new.step != "refused":
        new.drain(shop.terms.drain, shop.clock())
    yield from _wait(lambda: new.has_ended)


def _wait(is_so: Callable[[], bool]) -> Iterator[None]:
    while not is_so():
        yield
