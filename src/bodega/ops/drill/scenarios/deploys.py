"""What a deploy does, and what it does not do: overlap, namespaces, SIGKILL. WAL copes with it."""

import time
from pathlib import Path

from bodega.ops.drill.crew import Agent, bind
from bodega.ops.drill.outcome import Outcome
from bodega.ops.drill.scenario import Loses, scenario
from bodega.ops.drill.stage import Stage

GENERATIONS, OVERLAP = 9, 3
SECONDS_EACH = 0.15


@scenario(Loses.NEVER, Outcome.HELD)
def two_processes(stage: Stage) -> None:
    """Two processes write by turns, one closes, the other goes on."""
    one, other = stage.agent("one"), stage.agent("other")
    for _ in range(10):
        one.commit()
        other.commit()
    one.close()
    other.commit(5)
    other.close()


@scenario(Loses.NEVER, Outcome.HELD)
def generations_killed_in_mid_commit(stage: Stage) -> None:
    """Overlapping generations that commit without pause, each ended by SIGKILL."""
    log = stage.directory / "acknowledged"
    living = []
    for number in range(GENERATIONS):
        agent = stage.agent(f"generation {number + 1}", patience=30.0)
        agent.tell("commit_forever", log=str(log))
        living.append(agent)
        time.sleep(SECONDS_EACH)
        if len(living) > OVERLAP:
            living.pop(0).kill()
    for agent in living:
        agent.kill()
    stage.acknowledged += tokens(log)


def tokens(log: Path) -> list[str]:
    """What agents that commit for ever have acknowledged: whole lines only."""
    text = log.read_text()
    return text[: text.rfind("\n") + 1].split()


@scenario(Loses.NEVER, Outcome.HELD, needs_root=True)
def directory_in_two_containers(stage: Stage) -> None:
    """Two mount and pid namespaces, the directory bind-mounted into both."""
    one, other = (_in_a_container(stage, name) for name in ("one", "other"))
    for _ in range(10):
        one.commit()
        other.commit()
    one.close()
    other.commit(5)
    other.kill()


def _in_a_container(stage: Stage, name: str) -> Agent:
    place = stage.room(f"container {name}")
    before = [bind(stage.volume, place)]
    return stage.agent(name, at=place / stage.database.name, before=before, isolated=True)


@scenario(Loses.ALWAYS, Outcome.REFUSED)
def volume_not_mounted(stage: Stage) -> None:
    """The new container starts in an empty directory where the volume should be."""
    stage.agent("old").commit(2)
    new = stage.agent("new", at=stage.room("empty") / stage.database.name)
    new.sql(
        "CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, token TEXT, who TEXT, pad TEXT)"
    )
    new.commit(3)
    new.close()
