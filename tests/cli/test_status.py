import json
from pathlib import Path
from typing import Any

import pytest

from bodega.cli import main, status
from bodega.databases.story import Chapter, Story

NOW = "2026-11-22T10:00:0"


def chapter(key: str, **more: Any) -> Chapter:
    started = f"{NOW}{key}.000+00:00"
    return Chapter(key=key, release=f"r{key}", code="", started=started, host="h", pid=1, **more)


@pytest.fixture
def told(volume: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BODEGA_VOLUME", str(volume))
    book = Story(volume)
    live, draining, gone = (f"{NOW}{second}+00:00" for second in ("3.100", "7.000", "7.500"))
    one = chapter("1", id="a" * 32, state="gone", live=live, draining=draining, gone=gone)
    one.served, one.exit = 1234, 0
    book.write(one)
    book.write(chapter("2", id="b" * 32, state="live", live=live))
    book.write(chapter("0", state="gone", exit=1, why="a typo"))
    book.close()


@pytest.mark.usefixtures("told")
def test_a_closed_shop_still_tells_what_became_of_its_generations(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["status"]) == 4
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("The shop is closed")
    assert lines[1].split() == [
        *("generation", "release", "state", "started", "live", "drained", "served", "exit")
    ]
    assert lines[3].split()[0] == "aaaaaaaa"
    assert lines[3].split()[-6:] == ["2.1", "s", "0.5", "s", "1,234", "0"]
    assert lines[4].split()[-3:] == ["1", "a", "typo"]


@pytest.mark.usefixtures("told")
def test_json_for_programs(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["status", "--json", "--last", "2"]) == 4
    found = json.loads(capsys.readouterr().out)
    assert (found["open"], found["supervisor"], found["paused"]) == (False, None, None)
    assert [each["release"] for each in found["generations"]] == ["r2", "r1"]


def test_what_a_living_generation_says_is_newer_than_its_chapter() -> None:
    news = {"key": "2", "served": 99, "rests": True, "busy": 1}
    found = status.with_news(chapter("2", state="live"), {"pid": 1, "generations": [news]})
    assert (found["served"], found["busy"]) == (99, 1)
    assert "live (rests)" in status.table([found])
    assert (
        "another supervisor" in status.with_news(chapter("1"), {"pid": 7, "generations": []})["why"]
    )


def test_a_volume_where_nobody_ever_served(
    volume: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BODEGA_VOLUME", str(volume))
    assert main(["status"]) == 4
    assert "No generation has ever served here" in capsys.readouterr().out


def test_pause_and_resume_without_a_shop(
    volume: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BODEGA_VOLUME", str(volume))
    assert main(["pause", "--seconds", "30", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["quiet"]
    assert main(["resume"]) == 0
    assert main(["resume"]) == 0
    assert capsys.readouterr().out == "The shop goes on.\nThe shop was not paused.\n"
    with pytest.raises(SystemExit):
        main(["pause", "--seconds", "0"])
