"""Containers that do not see the same files: mounts of single files, layers, names, devices."""

from collections.abc import Callable
from pathlib import Path

from bodega.ops.drill.crew import Agent, bind, copy, memory, overlay
from bodega.ops.drill.outcome import Outcome
from bodega.ops.drill.scenario import Loses, scenario
from bodega.ops.drill.scenarios.incident import look, make_it_silent
from bodega.ops.drill.stage import Stage


@scenario(Loses.ALWAYS, Outcome.REFUSED, needs_root=True)
def private_shared_memory(stage: Stage) -> None:
    """Every container has a -shm of its own (file-level mounts, FUSE, virtiofs, gVisor)."""
    _someone_was_here(stage)
    one, other = (_with_private_memory(stage, name) for name in ("one", "other"))
    _by_turns(one, other)
    one.kill()
    other.kill()


@scenario(Loses.ALWAYS, Outcome.REFUSED, figure=(17, 15, 17), needs_root=True)
def private_shared_memory_in_a_deploy(stage: Stage) -> None:
    """The incident again: the new container takes two orders, the old one ships the fifteenth."""
    _someone_was_here(stage, make_it_silent)
    old = _with_private_memory(stage, "old")
    look(old)
    new = _with_private_memory(stage, "new")
    new.commit(2)
    new.checkpoint()
    old.sql("UPDATE orders SET status = 'shipped' WHERE id = 15")
    new.kill()
    old.checkpoint()
    old.close()


@scenario(Loses.ALWAYS, Outcome.REFUSED, needs_root=True)
def private_shared_memory_under_load(stage: Stage) -> None:
    """The same with two containers that write at once."""
    _someone_was_here(stage)
    both = [_with_private_memory(stage, name) for name in ("one", "other")]
    for agent in both:
        agent.ask("commit", count=300, pad=900)
    for agent in both:
        agent.hear()
    for agent in both:
        agent.close()


def _someone_was_here(stage: Stage, does: Callable[[Agent], None] = Agent.commit) -> None:
    """So that there are a -wal and a -shm to mount over."""
    first = stage.agent("first")
    does(first)
    first.kill()


def _with_private_memory(stage: Stage, name: str) -> Agent:
    own = stage.directory / f"shm of {name}"
    own.touch()
    return stage.agent(name, before=[bind(own, stage.sidecar("-shm"))])


@scenario(Loses.ALWAYS, Outcome.REFUSED, needs_root=True)
def database_mounted_as_a_file(stage: Stage) -> None:
    """Only the database file is mounted into two containers; each has a -wal in its own layer."""
    one, other = (_with_a_mounted_file(stage, name) for name in ("one", "other"))
    _by_turns(one, other)
    one.kill()
    other.commit()
    other.close()


def _with_a_mounted_file(stage: Stage, name: str) -> Agent:
    layer = stage.room(f"layer of {name}")
    (layer / "volume.json").write_bytes((stage.volume / "volume.json").read_bytes())
    place = layer / stage.database.name
    place.touch()
    return stage.agent(name, at=place, before=[bind(stage.database, place)])


@scenario(Loses.ALWAYS, Outcome.REFUSED, needs_root=True)
def layers_of_an_overlay(stage: Stage) -> None:
    """The volume is part of the image: each container writes into a layer of its own."""
    one, other = (_on_an_overlay(stage, name) for name in ("one", "other"))
    _by_turns(one, other)
    one.close()
    other.close()


def _on_an_overlay(stage: Stage, name: str) -> Agent:
    upper, work, place = (stage.room(f"{part}-{name}") for part in ("upper", "work", "merged"))
    before = [overlay(stage.volume, upper, work, place)]
    return stage.agent(name, at=place / stage.database.name, before=before)


@scenario(Loses.ALWAYS, Outcome.REFUSED, needs_root=True)
def volume_on_a_private_tmpfs(stage: Stage) -> None:
    """The new container has a copy of the volume in memory, the old one the volume itself."""
    old = stage.agent("old")
    old.commit(2)
    place = stage.room("memory")
    before = [memory(place), copy(stage.volume, place)]
    new = stage.agent("new", at=place / stage.database.name, before=before)
    _by_turns(old, new)
    old.close()
    new.close()


@scenario(Loses.ALWAYS, Outcome.REFUSED)
def second_name_by_hard_link(stage: Stage) -> None:
    """Two hard-linked names of the database, each with its own -wal."""
    _under_two_names(stage, lambda alias: alias.hardlink_to(stage.database))


@scenario(Loses.ALWAYS, Outcome.REFUSED)
def copied_volume(stage: Stage) -> None:
    """The new container got a copy of the volume (cp -a); the old one still takes orders."""
    old = stage.agent("old")
    old.commit(2)
    copy = stage.directory / "copy"
    _copy_of_the_volume(stage, copy)
    new = stage.agent("new", at=copy / stage.database.name)
    _by_turns(old, new)
    old.close()
    new.close()


def _copy_of_the_volume(stage: Stage, target: Path) -> None:
    target.mkdir()
    for name in ("volume.json", stage.database.name):
        (target / name).write_bytes((stage.volume / name).read_bytes())


def _under_two_names(stage: Stage, link: Callable[[Path], None]) -> None:
    layer = stage.room("layer")
    (layer / "volume.json").write_bytes((stage.volume / "volume.json").read_bytes())
    alias = layer / stage.database.name
    link(alias)
    one, other = stage.agent("one"), stage.agent("other", at=alias)
    _by_turns(one, other)
    one.close()
    other.close()


def _by_turns(one: Agent, other: Agent, rounds: int = 5) -> None:
    for _ in range(rounds):
        one.commit()
        other.commit()
