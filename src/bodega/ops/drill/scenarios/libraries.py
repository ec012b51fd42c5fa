"""Two copies of SQLite in one process: each close of the one drops the locks of the other."""

from bodega.ops.drill.outcome import Outcome
from bodega.ops.drill.scenario import Loses, scenario
from bodega.ops.drill.scenarios.incident import three_generations
from bodega.ops.drill.stage import Stage


@scenario(Loses.ALWAYS, Outcome.PREVENTED)
def two_libraries_alone(stage: Stage) -> None:
    """Two SQLite libraries in one process, SIGKILL; no deploy, no second process."""
    only = stage.agent("only")
    only.commit()
    only.tell("use_other_library", path=str(stage.database))
    only.commit(5)
    only.kill()


@scenario(Loses.ALWAYS, Outcome.PREVENTED)
def two_libraries_in_transaction(stage: Stage) -> None:
    """A second library opens and closes the database inside a transaction of the first."""
    one, other = stage.agent("one"), stage.agent("other")
    one.commit()
    other.commit()
    token = one.tell("begin").get("token")
    one.tell("use_other_library", path=str(stage.database))
    other.ask("commit", count=3)
    other.has_answered(within=1.0)  # it waits for its turn as long as the locks hold
    one.tell("finish", token=token)
    other.hear()
    one.commit()
    other.commit()
    one.close()
    other.close()


@scenario(Loses.ALWAYS, Outcome.PREVENTED)
def two_libraries_older_closes_last(stage: Stage) -> None:
    """Two libraries in the newer process, then the older one closes."""
    older, newer = stage.agent("older"), stage.agent("newer")
    older.commit()
    newer.commit()
    newer.tell("use_other_library", path=str(stage.database))
    older.commit()
    older.close()
    newer.commit(5)
    third = stage.agent("third")
    third.commit()
    newer.commit(2)
    newer.kill()
    third.commit()
    third.close()


@scenario(Loses.ALWAYS, Outcome.PREVENTED, figure=(17, 15, 17))
def two_libraries_in_three_generations(stage: Stage) -> None:
    """The incident again, by two libraries in the middle one of three generations."""
    three_generations(stage, "use_other_library")
