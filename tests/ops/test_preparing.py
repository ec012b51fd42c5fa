from pathlib import Path

import pytest

from bodega.databases.leases import is_held
from bodega.ops import preparing
from bodega.ops.preparing import NotPrepared, collect_static, migrate


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch, volume: Path) -> list[tuple[str, ...]]:
    """The management commands that would have run, each with the leases that were held."""
    commands: list[tuple[str, ...]] = []

    def manage(*words: str) -> None:
        held = tuple(name for name in ("migrate", "static") if is_held(name, volume))
        commands.append((words[0], *held))

    monkeypatch.setattr(preparing, "_manage", manage)
    return commands


def test_both_files_are_migrated_by_one_process_at_a_time(
    ran: list[tuple[str, ...]], volume: Path
) -> None:
    migrate(volume)
    assert ran == [("migrate", "migrate"), ("migrate", "migrate")]
    assert not is_held("migrate", volume)


def test_static_files_are_collected_once_for_the_same_sources(
    ran: list[tuple[str, ...]], volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert collect_static(volume)
    assert not collect_static(volume)
    assert ran == [("collectstatic", "static")]
    monkeypatch.setattr(preparing, "PACKAGES", ("no-such-package",))
    assert collect_static(volume)
    assert len(ran) == 2


def test_a_step_that_fails_is_named(volume: Path, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(NotPrepared, match=r"'bodega manage no_such_verb' failed \(exit code 1\)"):
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
