from pathlib import Path

import pytest

from bodega.databases.leases import is_held
from bodega.ops import preparing
from bodega.ops.preparing import NotPrepared, collect_static, migrate


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, volume: Path) -> list[tuple[str, ...]]:
    """The management commands that would have run, each with the leases that were held."""
    commands: list[tuple[str, ...]] = []

    def run(*words: str) -> None:
        held = tuple(name for name in ("migrate", "static") if is_held(name, volume))
        commands.append((*words[1:], *held))

    monkeypatch.setattr(preparing, "_python", run)
    return commands


def test_tables_are_prepared_beside_those_who_serve(ran: list[tuple[str, ...]]) -> None:
    migrate(beside=True)
    migrate(beside=False)
    assert ran == [("bodega.ops.migrating", "--beside"), ("bodega.ops.migrating",)]


def test_static_files_are_collected_once_for_the_same_sources(
    ran: list[tuple[str, ...]], volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert collect_static(volume)
    assert not collect_static(volume)
    command = ("bodega", "manage", "collectstatic", "--noinput", "--verbosity", "0", "static")
    assert ran == [command]
    monkeypatch.setattr(preparing, "PACKAGES", ("no-such-package",))
    assert collect_static(volume)
    assert len(ran) == 2


def test_a_step_that_fails_is_named(volume: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(
        NotPrepared, match="it cannot work on this volume: Type 'bodega manage help'"
    ):
        preparing._manage("no_such_verb")
    assert "no_such_verb" in capfd.readouterr().err


def test_a_collection_that_fails_is_tried_again(
    volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_words: str) -> None:
        raise NotPrepared("no space")

    monkeypatch.setattr(preparing, "_manage", failing)
    with pytest.raises(NotPrepared):
        collect_static(volume)
    monkeypatch.setattr(preparing, "_manage", lambda *_words: None)
    assert collect_static(volume)
