"""`bodega drill storm` in a short form; the longer one is a step of bin/ci."""

import json
from pathlib import Path

import pytest

from bodega.cli import main
from bodega.ops.drill.storm import controls
from bodega.ops.drill.storm.sides import can_contain

pytestmark = [pytest.mark.process, pytest.mark.slow, pytest.mark.xdist_group("deploys")]


def silent(_sentence: str) -> None:
    pass


def test_a_short_storm_with_kills_loses_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["--deploys", "4", "--seconds", "20", "--buyers", "6", "--kill", "0.5"]
    picture, scratch = tmp_path / "storm.svg", tmp_path / "scratch"
    scratch.mkdir()
    code = main(
        ["drill", "storm", *words, "--json", "--svg", str(picture), "--scratch", str(scratch)]
    )
    told = json.loads(capsys.readouterr().out)
    assert (code, told["complaints"]) == (0, [])
    assert told["paid"] == told["charges"] > 10
    assert told["deploys"]["live"] >= 4
    assert told["repeated_on_purpose"] > 0
    assert told["most_alive"] >= 2
    if can_contain(tmp_path):
        assert told["deploys"]["ways"] == {"socket": 2, "container": 2}
    assert list(scratch.iterdir()) == [], "nothing is left where no harm was done"
    assert picture.read_text().startswith("<svg")


@pytest.mark.parametrize("control", controls.ALL)
def test_without_a_protection_its_own_failure_is_seen(
    control: controls.Play, tmp_path: Path
) -> None:
    played = control(tmp_path, silent)
    assert played.is_as_it_must, played
    assert list(tmp_path.iterdir()) == []
