import json
from pathlib import Path

import pytest

from bodega.cli import doctor
from bodega.ops.doctor import report
from bodega.ops.doctor.examination import THEMES
from bodega.ops.doctor.findings import Level, bad, ok, warn, worst

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def shop(volume: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BODEGA_VOLUME", str(volume))
    return volume


def test_a_report_for_people_has_a_line_each_and_the_next_step(shop: Path, capsys: Capture) -> None:
    (shop / "secret.key").chmod(0o644)
    assert doctor.run(["volume", "clock"]) == 2
    told = capsys.readouterr().out
    assert "ok    volume.identity" in told
    assert f"→ chmod 600 {shop / 'secret.key'}" in told
    assert "bad, 0 to look at" in told
    assert not any(line.endswith(" ") for line in told.splitlines())
    assert doctor.run(["--brief", "clock"]) == 0
    assert capsys.readouterr().out == "All 1 checks are ok.\n"


def test_a_report_for_programs_is_one_object(shop: Path, capsys: Capture) -> None:
    assert doctor.run(["--json", "clock", "library"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["level"] == "ok"
    assert [each["id"] for each in told["findings"]] == ["clock.plausible", "library.version"]


def test_a_directory_that_is_no_volume_is_bad_news_not_a_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setenv("BODEGA_VOLUME", str(tmp_path / "nowhere"))
    themes = [theme for theme in THEMES if theme != "settings"]
    assert doctor.run(["--json", *themes]) == 2
    told = json.loads(capsys.readouterr().out)
    assert told["findings"][1]["id"] == "volume.identity"
    assert "is not a volume" in told["findings"][1]["sentence"]


def test_a_wrong_theme_is_told_the_right_ones(capsys: Capture) -> None:
    with pytest.raises(SystemExit, match="2"):
        doctor.run(["volumes"])
    assert "there is no theme 'volumes'; library, volume" in capsys.readouterr().err


def test_the_worst_finding_decides() -> None:
    fine, soft, hard = ok("a.b", "Fine."), warn("a.c", "Hm.", "Look."), bad("a.d", "No.", "Do.")
    assert worst([]) is Level.OK
    assert worst([fine, soft]) is Level.WARN
    assert worst([soft, hard, fine]) is Level.BAD
    assert report.summary([fine, soft, hard]) == "1 bad, 1 to look at, 1 ok."
