"""The day two orders vanished (design 1): 17 acknowledged, 15 rows, the sequence at 17, integrity ok."""

from bodega.ops.drill.crew import Agent
from bodega.ops.drill.stage import Stage


def make_it_silent(agent: Agent) -> None:
    """Without an index nothing contradicts the table, and integrity_check finds it in order."""
    agent.sql("DROP INDEX orders_token")


def look(agent: Agent) -> None:
    """Read every row, so that the pages are in this process's cache: later they are stale."""
    agent.sql("SELECT max(pad) FROM orders")


def three_generations(stage: Stage, fault: str) -> None:
    """Overlapping deploys; `fault` makes the middle generation lose its locks.

    When the oldest closes it believes itself alone, so it copies the log and removes it. The middle one
    goes on in the removed log, the newest opens a fresh one: two orders are told "thank you" for and
    copied into the database, then the newest writes its stale page over them.
    """
    oldest = stage.agent("oldest")
    make_it_silent(oldest)
    middle = stage.agent("middle")
    look(middle)
    middle.tell(fault, path=str(stage.database))
    oldest.close()
    newest = stage.agent("newest")
    look(newest)
    middle.commit(2)
    middle.checkpoint()
    newest.sql("UPDATE orders SET status = 'shipped' WHERE id = 15")
    middle.kill()
    newest.checkpoint()
    newest.close()
