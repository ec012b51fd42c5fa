"""Somebody opens and closes a database file by hand: POSIX drops all locks the process has on it."""

from bodega.ops.drill.crew import Agent
from bodega.ops.drill.outcome import Outcome
from bodega.ops.drill.scenario import Loses, scenario
from bodega.ops.drill.scenarios.incident import three_generations
from bodega.ops.drill.stage import Stage


@scenario(Loses.OLD, Outcome.PREVENTED)
def database_opened_by_hand(stage: Stage) -> None:
    """open() and close() of the database inside a serving process, then the older one closes last."""
    older, newer = stage.agent("older"), stage.agent("newer")
    older.commit()
    newer.commit()
    newer.tell("open_by_hand", path=str(stage.database))
    _older_leaves_and_a_third_comes(stage, older, newer)


@scenario(Loses.OLD, Outcome.STOPPED, Outcome.HELD)
def database_opened_in_c(stage: Stage) -> None:
    """The same from a C library, which Python cannot see."""
    older, newer = stage.agent("older"), stage.agent("newer")
    older.commit()
    newer.commit()
    newer.tell("open_in_c", path=str(stage.database))
    _older_leaves_and_a_third_comes(stage, older, newer)


def _older_leaves_and_a_third_comes(stage: Stage, older: Agent, newer: Agent) -> None:
    older.commit()
    older.close()
    newer.commit(5)
    third = stage.agent("third")
    third.commit()
    newer.commit(2)
    newer.kill()
    third.commit()
    third.close()


@scenario(Loses.OLD, Outcome.STOPPED, Outcome.HELD)
def database_opened_in_c_and_all_close_well(stage: Stage) -> None:
    """The same, but the process that lost its locks is the last to close, and in good order."""
    older, newer = stage.agent("older"), stage.agent("newer")
    newer.commit()
    newer.tell("open_in_c", path=str(stage.database))
    older.commit()
    older.close()
    newer.commit(5)
    third = stage.agent("third")
    third.commit(2)
    newer.commit(2)
    third.commit()
    third.close()
    newer.close()


@scenario(Loses.OLD, Outcome.STOPPED, Outcome.HELD, figure=(17, 15, 17))
def database_opened_in_three_generations(stage: Stage) -> None:
    """The incident itself: three overlapping generations, one open() and close() in the middle one."""
    three_generations(stage, "open_in_c")


@scenario(Loses.ALWAYS, Outcome.PREVENTED)
def shared_memory_opened_by_hand(stage: Stage) -> None:
    """open() and close() of the -shm file inside a transaction."""
    _lose_the_write_lock_inside_a_transaction(stage, "open_by_hand")


@scenario(Loses.ALWAYS, Outcome.STOPPED)
def shared_memory_opened_in_c(stage: Stage) -> None:
    """The same from a C library."""
    _lose_the_write_lock_inside_a_transaction(stage, "open_in_c")


def _lose_the_write_lock_inside_a_transaction(stage: Stage, opening: str) -> None:
    one, other = stage.agent("one"), stage.agent("other")
    one.commit()
    other.commit()
    token = one.tell("begin").get("token")
    one.tell(opening, path=str(stage.sidecar("-shm")))
    other.ask("commit", count=3)
    other.has_answered(within=1.0)  # it waits for its turn as long as the locks hold
    one.tell("finish", token=token)
    other.hear()
    one.commit()
    other.commit()
    one.close()
    other.close()


@scenario(Loses.NEVER, Outcome.HELD, Outcome.STOPPED, Outcome.PREVENTED)
def child_closes_inherited_connection(stage: Stage) -> None:
    """A forked child closes the connection it has inherited."""
    parent = stage.agent("parent")
    parent.commit(2)
    parent.tell("fork_and_close")
    parent.commit(2)
    other = stage.agent("other")
    other.commit(2)
    parent.commit(2)
    parent.kill()
    other.close()
