"""Power cuts with real processes, a short form; and that a recorder is needed."""

import json
import random
import shutil
from pathlib import Path

import pytest

from bodega.ops.drill.powercut import drill, report
from bodega.ops.drill.powercut.drill import MODES, judge, record
from bodega.ops.drill.powercut.recording import (
    ACKNOWLEDGED,
    LOG,
    SYNC,
    WRITE,
    CannotRecord,
    build,
)

pytestmark = pytest.mark.process

CUTS = 30


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES, ids=lambda mode: mode.name)
def test_nothing_acknowledged_is_lost_except_by_the_controls(
    mode: drill.Mode, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drill, "ORDERS", 60)
    recording = record(mode, tmp_path, seed=1)
    result = judge(mode, recording, random.Random(1), CUTS)
    assert result.is_passed, result
    assert result.damaged == 0
    assert (result.lost > 0) is mode.must_lose
    assert result.acknowledged >= drill.PROCESSES * drill.THREADS * 60
    kinds = {(event.what, event.place) for event in recording.events}
    assert {(WRITE, LOG), (SYNC, LOG), (WRITE, ACKNOWLEDGED)} <= kinds
    numbers = [event.number for event in recording.events]
    assert len(set(numbers)) == len(numbers)
    told = json.loads(json.dumps(report.as_json([result], 1, 1.0)))
    assert told["passed"]
    assert told["modes"][0]["cuts"] == CUTS


def test_a_mode_that_does_not_do_what_it_must_is_noticed() -> None:
    (full, *_), normal = MODES, MODES[2]
    numbers = {"events": 1, "syncs": 1, "acknowledged": 1, "cuts": 1, "worst": 1}
    assert drill.Result(full, **numbers, cuts_with_loss=0, lost=0, damaged=0).is_passed
    assert not drill.Result(full, **numbers, cuts_with_loss=1, lost=1, damaged=0).is_passed
    assert not drill.Result(full, **numbers, cuts_with_loss=0, lost=0, damaged=1).is_passed
    assert not drill.Result(normal, **numbers, cuts_with_loss=0, lost=0, damaged=0).is_passed


def test_without_a_compiler_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)
    with pytest.raises(CannotRecord, match="apt install gcc"):
        build(tmp_path)


def test_a_recorder_that_does_not_compile_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken.c"
    broken.write_text("this is no C")
    monkeypatch.setattr("bodega.ops.drill.powercut.recording.SOURCE", broken)
    with pytest.raises(CannotRecord, match="does not compile here"):
        build(tmp_path)
