"""Copying, restoring and replacing database files as if they were documents."""

import os

from bodega.ops.drill.crew import Agent
from bodega.ops.drill.evidence import Evidence
from bodega.ops.drill.outcome import Outcome
from bodega.ops.drill.scenario import Loses, scenario
from bodega.ops.drill.stage import Stage

LARGE = 800  # bytes of padding, so that a few dozen orders fill many pages


@scenario(Loses.ALWAYS, Outcome.PREVENTED)
def copy_of_the_database_alone(stage: Stage) -> Evidence:
    """cp of the database file of a living shop."""
    agent = stage.agent("shop")
    agent.commit(30)
    if stage.is_guarded:
        return stage.examine(stage.back_up())
    return stage.examine(stage.copy_aside())


@scenario(Loses.ALWAYS, Outcome.PREVENTED)
def copy_of_the_log_a_moment_later(stage: Stage) -> Evidence:
    """cp of the database, the log starts again from its beginning, cp of the -wal."""
    agent = stage.agent("shop")
    agent.commit(5)
    copy = stage.back_up() if stage.is_guarded else stage.copy_aside()
    told_so_far = list(agent.acknowledged)
    agent.commit(80, pad=LARGE)
    agent.checkpoint("RESTART")
    agent.commit()
    if not stage.is_guarded:
        stage.copy_aside(stage.sidecar("-wal"), f"{copy.name}-wal")
    agent.acknowledged = told_so_far  # of a copy only what was before it can be expected
    return stage.examine(copy)


@scenario(Loses.ALWAYS, Outcome.PREVENTED)
def backup_copied_over_a_stopped_volume(stage: Stage) -> None:
    """After a crash yesterday's database is copied back, and its -wal of today stays beside it."""
    agent = stage.agent("shop")
    agent.commit(40, pad=LARGE)
    agent.checkpoint("TRUNCATE")
    backup = stage.copy_aside(name="backup.sqlite3")
    agent.commit(40, pad=LARGE)
    agent.checkpoint()
    agent.commit(2)
    agent.kill()
    stage.restore(backup)
    again = stage.agent("again")
    again.commit(2)
    again.close()


@scenario(Loses.ALWAYS, Outcome.PREVENTED)
def backup_copied_over_a_living_volume(stage: Stage) -> None:
    """cp of a backup over the database of two living processes."""
    backup = stage.copy_aside(name="backup.sqlite3")
    one, other = stage.agent("one"), stage.agent("other")
    one.commit(40, pad=LARGE)
    one.checkpoint("TRUNCATE")
    other.sql("SELECT count(*) FROM orders")
    stage.restore(backup)
    _both_go_on(one, other)


@scenario(Loses.ALWAYS, Outcome.SALVAGED)
def backup_moved_over_a_living_volume(stage: Stage) -> None:
    """mv of a backup over the database of a living process; a newer one then opens the backup."""
    backup = stage.copy_aside(name="backup.sqlite3")
    older = stage.agent("older")
    older.commit(40, pad=LARGE)
    older.checkpoint("RESTART")
    older.commit(2)
    os.rename(backup, stage.database)
    older.commit(2)
    newer = stage.agent("newer")
    newer.commit(2)
    older.commit()
    older.close()
    newer.close()


def _both_go_on(one: Agent, other: Agent) -> None:
    one.commit(2)
    other.commit(2)
    one.close()
    other.close()
