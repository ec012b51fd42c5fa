"""The fault matrix: some of its rows; a wrong expectation or a missing guard is noticed."""

import dataclasses
import json
import os

import pytest

from bodega.ops.drill import faults, faults_report
from bodega.ops.drill.crew import is_root
from bodega.ops.drill.faults import BUNDLED, SYSTEM, Result, control, guarded, play
from bodega.ops.drill.outcome import Outcome
from bodega.ops.drill.scenario import SCENARIOS, Loses

pytestmark = pytest.mark.process


def row(name: str) -> Result:
    return play(SCENARIOS[name])


def test_there_are_at_least_thirty_scenarios_with_a_story_each() -> None:
    assert len(SCENARIOS) >= 30
    assert all(len(each.story) > 20 for each in SCENARIOS.values())
    assert all(each.guard for each in SCENARIOS.values())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("two-libraries-in-three-generations", Outcome.PREVENTED),
        ("shared-memory-opened-in-c", Outcome.STOPPED),
        ("log-unlinked", Outcome.SALVAGED),
        ("log-truncated", Outcome.SALVAGED),
        ("second-name-by-hard-link", Outcome.REFUSED),
        ("insert-or-ignore", Outcome.HELD),
    ],
)
def test_controls_fail_as_they_must_and_guards_hold(name: str, outcome: Outcome) -> None:
    result = row(name)
    assert result.is_passed, faults_report.complaints([result])
    assert result.guarded is not None
    assert result.guarded.outcome is outcome
    assert result.guarded.evidence.lost == 0
    assert [each.evidence.is_loss for each in result.controls] == [
        each.must_lose for each in result.controls
    ]


@pytest.mark.slow
@pytest.mark.skipif(not is_root(), reason="mount namespaces need root")
def test_the_incident_is_replayed_to_the_last_number() -> None:
    result = row("private-shared-memory-in-a-deploy")
    assert result.is_passed, faults_report.complaints([result])
    assert {faults.figure(each.evidence) for each in result.controls} == {(17, 15, 17)}
    assert {each.evidence.integrity for each in result.controls} == {"ok"}


def test_a_control_that_does_not_lose_what_it_must_is_noticed() -> None:
    harmless = dataclasses.replace(SCENARIOS["rollback-of-two"], loses=Loses.ALWAYS)
    assert not control(harmless, BUNDLED).is_as_it_must
    assert control(SCENARIOS["rollback-of-two"], BUNDLED).is_as_it_must


def test_a_control_that_loses_another_number_than_the_incidents_is_noticed() -> None:
    other = dataclasses.replace(SCENARIOS["two-libraries-alone"], figure=(17, 15, 17))
    assert not control(other, SYSTEM).is_as_it_must


def test_a_guard_that_works_in_another_way_than_promised_is_noticed() -> None:
    promised = dataclasses.replace(SCENARIOS["two-libraries-alone"], guard=(Outcome.STOPPED,))
    held = guarded(promised)
    assert held.evidence.lost == 0
    assert held.outcome is Outcome.PREVENTED
    assert not held.is_as_it_must


@pytest.mark.parametrize(
    ("loses", "version", "must"),
    [
        (Loses.ALWAYS, (3, 53, 4), True),
        (Loses.NEVER, (3, 40, 1), False),
        (Loses.OLD, (3, 40, 1), True),
        (Loses.OLD, (3, 45, 1), None),
        (Loses.OLD, (3, 53, 4), False),
        (Loses.RACE, (3, 51, 2), True),
        (Loses.RACE, (3, 51, 3), False),
    ],
)
def test_what_a_control_must_do_depends_on_its_library(
    loses: Loses, version: tuple[int, ...], must: bool | None
) -> None:
    assert loses.judge(version) is must


def test_scenarios_are_chosen_by_a_part_of_their_name() -> None:
    assert {each.name for each in faults.choose(["libraries-alone", "rollback"])} == {
        "two-libraries-alone",
        "rollback-of-two",
    }
    assert len(faults.choose([])) == len(SCENARIOS)
    with pytest.raises(LookupError, match=r"no scenario 'nonsense'\. There are: "):
        faults.choose(["nonsense"])


def test_what_needs_root_is_skipped_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    result = row("private-shared-memory")
    assert "root" in result.skipped
    assert result.guarded is None
    assert result.is_passed


def test_the_report_says_it_for_people_and_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    from rich.console import Console

    result = row("two-libraries-alone")
    skipped = Result(SCENARIOS["private-shared-memory"], skipped="needs root")
    faults_report.show([result, skipped], Console(width=140), 1.0)
    said = capsys.readouterr().out
    assert "5 lost (21/16/16)" in said
    assert "prevented, 0 lost" in said
    assert "1 of 1 scenarios as they must be, 1 skipped" in said
    told = json.loads(json.dumps(faults_report.as_json([result, skipped], 1.0)))
    assert told["passed"]
    assert told["lost_with_guards"] == 0
    assert told["skipped"] == {"private-shared-memory": "needs root"}
    assert told["results"][0]["controls"][0]["lost"] == 5


def test_what_is_not_as_it_must_be_is_named() -> None:
    harmless = dataclasses.replace(SCENARIOS["rollback-of-two"], loses=Loses.ALWAYS)
    broken = Result(harmless, (control(harmless, BUNDLED),))
    assert not broken.is_passed
    (complaint,) = faults_report.complaints([broken])
    assert complaint.startswith("rollback-of-two: the control with SQLite")
    assert "must lose" in complaint
