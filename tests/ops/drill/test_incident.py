"""The incident's replay: each part comes out as it must, and notices when it does not."""

import json
from pathlib import Path

import pytest

from bodega.cli import main
from bodega.ops.drill.incident import rebuilding, story, vanishing
from bodega.ops.drill.incident.premises import DrillBroke, open_street
from bodega.ops.drill.incident.telling import Part, Teller

pytestmark = pytest.mark.process


def silent(_kind: str, _sentence: str) -> None:
    pass


def test_the_unsafe_set_up_loses_exactly_two_and_the_auditor_does_not_guess(tmp_path: Path) -> None:
    unsafe, database = vanishing.unsafe(tmp_path, silent)
    assert unsafe.is_right
    numbers = unsafe.numbers
    assert (numbers["acknowledged"], numbers["rows"], numbers["sequence"]) == (17, 15, 17)
    assert (numbers["lost"], numbers["integrity"]) == (2, "ok")
    verdict = vanishing.verdict(database, silent)
    assert verdict.is_right
    assert verdict.numbers == {"missing": 2, "level": "warn", "exit_code": 1}


def test_a_control_that_loses_nothing_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vanishing, "LIBRARY", vanishing.GUARDED)
    unsafe, database = vanishing.unsafe(tmp_path, silent)
    assert not unsafe.is_right
    assert "this drill proves nothing" in unsafe.sentences[-1]
    assert not vanishing.verdict(database, silent).is_right


def test_guards_that_hold_nothing_are_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vanishing, "GUARDED", vanishing.LIBRARY)
    guarded = vanishing.guarded(tmp_path, silent)
    assert not guarded.is_right
    assert guarded.numbers["lost"] == 2


@pytest.mark.slow
def test_the_whole_story_ends_well_and_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["drill", "incident", "--json", "--scratch", str(tmp_path)]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["passed"]
    assert list(told["parts"]) == ["unsafe", "verdict", "guarded", "rebuilt"]
    assert told["parts"]["guarded"]["lost"] == 0
    rebuilt = told["parts"]["rebuilt"]
    assert (rebuilt["missing"], rebuilt["rebuilt"], rebuilt["findings"]) == (2, 2, 0)
    assert rebuilt["bank_total"] == rebuilt["shop_total"] == rebuilt["ledger"] > 0
    assert list(tmp_path.iterdir()) == []


NUMBERS = {
    "healthy": True,
    "missing": 2,
    "rebuilt": 2,
    "charges": 17,
    "paid": 17,
    "sold": 17,
    "bank_total": 5,
    "shop_total": 5,
    "ledger": 5,
    "findings": 0,
}


@pytest.mark.parametrize("name", NUMBERS)
def test_every_number_of_the_worst_case_counts(name: str) -> None:
    assert rebuilding.is_whole(NUMBERS)
    wrong = not NUMBERS[name] if name == "healthy" else NUMBERS[name] + 1
    assert not rebuilding.is_whole(NUMBERS | {name: wrong})


def test_a_part_that_went_wrong_is_told_in_red_and_in_the_verdict() -> None:
    said: list[tuple[str, str]] = []
    part = Part("unsafe", "The title", "two must be lost")
    teller = Teller(part, lambda kind, sentence: said.append((kind, sentence)))
    teller.step("Something happened.")
    teller.fact("It was measured.", lost=1)
    teller.end(False, "One is lost.")
    assert said[0] == ("title", "The title")
    assert said[-1] == ("bad", "One is lost. That must not be: two must be lost")
    assert story.verdict([part], 3.0) == "The drill did not come out as it must: unsafe. 3 s"
    assert not story.as_json([part], 3.0)["passed"]


def test_a_bank_that_does_not_start_is_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bodega.ops.drill.incident.premises.sys.executable", "/bin/false")
    with pytest.raises(DrillBroke, match="fakestripe did not start"), open_street(tmp_path):
        pass
