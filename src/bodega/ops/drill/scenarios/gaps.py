"""What looks like a loss and is none: gaps in the sequence, refusals, busy errors.

The controls of the controls: a drill that cries wolf here would be worth nothing.
"""

from bodega.ops.drill.outcome import Outcome
from bodega.ops.drill.scenario import Loses, scenario
from bodega.ops.drill.stage import Stage


@scenario(Loses.NEVER, Outcome.HELD)
def rollback_of_two(stage: Stage) -> None:
    """ROLLBACK of two inserts: nothing lost, no gap."""
    _run(stage, "BEGIN IMMEDIATE", *_insert("one", "two"), "ROLLBACK")


@scenario(Loses.NEVER, Outcome.HELD)
def killed_in_transaction(stage: Stage) -> None:
    """SIGKILL in the middle of a transaction: nothing that was acknowledged is lost, no gap."""
    agent = stage.agent("only")
    agent.commit(2)
    agent.tell("begin")
    agent.kill()


@scenario(Loses.NEVER, Outcome.HELD)
def unique_error_in_savepoint(stage: Stage) -> None:
    """A unique error inside a savepoint: nothing lost, no gap."""
    refused = ["SAVEPOINT one", *_insert("seed1"), "ROLLBACK TO one"]
    _run(stage, "BEGIN IMMEDIATE", *refused, *refused, "COMMIT")


@scenario(Loses.NEVER, Outcome.HELD)
def insert_or_ignore(stage: Stage) -> None:
    """INSERT OR IGNORE of what is there already: a gap, nothing lost."""
    _run(stage, *_insert("seed1", "seed1", how="INSERT OR IGNORE"))


@scenario(Loses.NEVER, Outcome.HELD)
def upsert_of_what_is_there(stage: Stage) -> None:
    """ON CONFLICT DO UPDATE: a gap, nothing lost."""
    statement = _insert("seed1")[0] + " ON CONFLICT (token) DO UPDATE SET status = 'again'"
    _run(stage, statement, statement)


@scenario(Loses.NEVER, Outcome.HELD)
def deleted_by_the_application(stage: Stage) -> None:
    """DELETE by the application itself: a gap, nothing lost."""
    _run(stage, *_insert("one", "two"), "DELETE FROM orders WHERE token IN ('one', 'two')")


@scenario(Loses.NEVER, Outcome.HELD)
def writers_without_patience(stage: Stage) -> None:
    """Three writers at once with no busy timeout: refusals that are seen, no loss."""
    writers = [stage.agent(name, patience=0.0) for name in ("one", "two", "three")]
    for writer in writers:
        writer.ask("commit", count=60)
    for writer in writers:
        writer.hear()
    for writer in writers:
        writer.close()


def _insert(*tokens: str, how: str = "INSERT") -> list[str]:
    return [f"{how} INTO orders (token) VALUES ('{token}')" for token in tokens]


def _run(stage: Stage, *statements: str) -> None:
    agent = stage.agent("only")
    for statement in statements:
        agent.sql(statement)
    agent.close()
