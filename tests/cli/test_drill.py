"""`bodega drill`: its words, its exit codes."""

import json

import pytest

from bodega.cli import main

pytestmark = pytest.mark.process


def test_a_scenario_that_holds_is_exit_code_0(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drill", "faults", "--only", "rollback-of-two", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["scenarios"] == 1
    assert told["passed"]


def test_an_unknown_scenario_is_exit_code_2(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["drill", "faults", "--only", "nonsense"]) == 2
    assert "There are: " in capsys.readouterr().err


def test_a_machine_without_a_compiler_is_exit_code_1(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert main(["drill", "powercut", "--cuts", "1"]) == 1
    assert "no compiler" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["drill"], ["drill", "powercut", "--cuts", "0"]])
def test_wrong_words_are_exit_code_2(words: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2


def test_help_names_both_drills(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["drill", "--help"])
    said = capsys.readouterr().out
    assert "faults" in said
    assert "powercut" in said
