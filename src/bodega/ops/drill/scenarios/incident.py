"""The day two orders vanished (design 1): 17 acknowledged, 15 rows, the sequence at 17, integrity ok."""

from collections.abc import Iterator

from bodega.ops.drill.crew import Agent
from bodega.ops.drill.stage import Stage


def make_it_silent(agent: Agent) -> None:
    """Without an index nothing contradicts the table, and integrity_check finds it in order."""
    agent.sql("DROP INDEX orders_token")


def look(agent: Agent) -> None:
    """Read every row, so that the pages are in this process's cache: later they are stale."""
    agent.sql("SELECT max(pad) FROM orders")


def three_generations(stage: Stage, fault: str) -> None:
    """Overlapping deploys; `fault` makes the middle generation lose its locks."""
    for _ in moments(stage, fault):
        pass


def moments(stage: Stage, fault: str) -> Iterator[str]:
    """The same, a sentence for each thing that has just happened.

    When the oldest closes it believes itself alone, so it copies the log and removes it. The middle one
    goes on in the removed log, the newest opens a fresh one: two orders are told "thank you" for and
    copied into the database, then the newest writes its stale page over them.
    """
    oldest = stage.agent("oldest")
    make_it_silent(oldest)
    yield f"Release 1 serves. It has {len(stage.acknowledged)} orders."
    middle = stage.agent("middle")
    look(middle)
    yield "A push: release 2 starts beside it, on the same file, and reads every order."
    middle.tell(fault, path=str(stage.database))
    yield FAULTS[fault]
    oldest.close()
    yield "Release 1 is told to stop. It closes the database as the last one, so it thinks."
    newest = stage.agent("newest")
    look(newest)
    yield "Another push: release 3 starts and reads every order."
    middle.commit(2)
    yield f"Two customers order at release 2; {len(middle.acknowledged)} are told “thank you”."
    middle.checkpoint()
    newest.sql("UPDATE orders SET status = 'shipped' WHERE id = 15")
    yield "Release 2 checkpoints its log. Release 3 marks order 15 as shipped."
    middle.kill()
    newest.checkpoint()
    newest.close()
    yield "Release 2 is killed, release 3 checkpoints and closes. No error anywhere."


# What the middle generation does, for people.
FAULTS = {
    "use_other_library": (
        "In release 2 a report brings its own copy of the SQLite library, and opens and closes the file."
    ),
    "open_in_c": (
        "In release 2 something opens and closes the file: a checksum, a type sniffer, a copy."
    ),
}
