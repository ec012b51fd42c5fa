"""The watchdog: are our locks still ours, are our files still there? (design 3.2, rule 9)

Each second, by looking at `/proc/locks`, `/proc/self/fd` and `stat` only; the cheap part of it is also
done with every sync (`Holding.complaints`). What it guards against is silent: somebody opens and closes
the database in this process, which drops its locks; a second SQLite library does the same; a file is
deleted or replaced under us. From then on commits may vanish without an error. So nothing is
acknowledged any more, what we have is put aside, and the process ends.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterable
from functools import cache

from bodega.databases import holdings, kernel
from bodega.databases.connection import long_reads
from bodega.databases.exits import Exit
from bodega.databases.holdings import Holding
from bodega.databases.kernel import FileLock

log = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
LONG_READ_SECONDS = 10.0


def run(stop: threading.Event) -> None:
    """Look each second until `stop` is set, or there is nothing left to guard."""
    said: set[str] = set()
    while not stop.wait(LOOK_SECONDS):
        look(holdings.held())
        said = say_once(warnings(holdings.held()), said)


@cache
def start() -> threading.Event:
    """Watch in a thread of its own for as long as this process lives; once, however often called."""
    stop = threading.Event()
    threading.Thread(target=run, args=(stop,), name="watchdog", daemon=True).start()
    return stop


os.register_at_fork(after_in_child=start.cache_clear)  # a child has no threads of its parent


def look(
    held: Iterable[Holding], locks: Callable[[], list[FileLock]] = kernel.file_locks
) -> list[str]:
    """Look once; the first complaint about a file ends the process. Returns all complaints."""
    found = []
    seen = locks()
    for holding in held:
        complaints = [*holding.complaints(), *_lost_locks(holding, seen, locks)]
        if complaints:
            holding.lose(complaints[0], Exit.UNTIED)
        found += complaints
    return found


def warnings(held: Iterable[Holding]) -> dict[str, str]:
    """What is not broken, but should be looked after: a key that stays the same, and a sentence."""
    found = {}
    for holding in held:
        was_short = holding.is_short_of_space
        holding.look_at_space()
        name, told = holding.path.name, holding.space.told()
        if holding.is_short_of_space:
            found[f"{name} full"] = f"{holding.path.parent}: {told}; nothing new is written"
        elif was_short:
            found[f"{name} roomy"] = f"{holding.path.parent}: {told}; writing goes on"
        elif holding.space.is_getting_short:
            found[f"{name} filling"] = f"{holding.path.parent}: {told}"
        for read in long_reads(LONG_READ_SECONDS, holding):
            found[f"{name} {read.who}"] = (
                f"{read.who} has been reading {name} for {read.seconds:.0f} s: "
                "the log cannot be copied past what it sees"
            )
    return found


def say_once(found: dict[str, str], said: set[str]) -> set[str]:
    """Log what is new; what is still so is said again only after it went away."""
    for key in found.keys() - said:
        log.warning("%s.", found[key])
    return set(found)


def _lost_locks(
    holding: Holding, seen: list[FileLock], look_again: Callable[[], list[FileLock]]
) -> list[str]:
    if not holding.sees_its_locks:
        return []  # no /proc/locks here (macOS), or that of another pid namespace
    return [
        f"{holding.path}{suffix}: this process has lost its lock on it ({how})"
        for suffix, how in LOSSES.items()
        if not kernel.keeps_open(seen, holding.inode(suffix), suffix)
        and not kernel.still_keeps_open(holding.inode(suffix), suffix, look_again)
    ]


LOSSES = {
    "": "somebody in it opened and closed the file, or a second SQLite library did",
    "-shm": "somebody in it opened and closed the file",
}
