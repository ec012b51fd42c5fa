from pathlib import Path

from bodega.databases import pause
from bodega.databases.pause import FILE, Watch


def test_a_pause_is_seen_by_everybody_and_ends_when_somebody_says_so(tmp_path: Path) -> None:
    watch = Watch(tmp_path)
    assert watch.pause(100.0) is None
    pause.begin(tmp_path, 30.0, "a migration", now=100.0)
    assert watch.pause(101.0) == Watch(tmp_path).pause(101.0) == (130.0, "a migration")
    pause.begin(tmp_path, 60.0, now=100.0)
    assert watch.pause(131.0) == (160.0, ""), "a longer one takes its place"
    pause.end(tmp_path)
    assert watch.pause(101.0) is None
    assert not pause.end(tmp_path), "it was not paused any more"


def test_it_ends_by_itself(tmp_path: Path) -> None:
    pause.begin(tmp_path, 30.0, now=100.0)
    assert Watch(tmp_path).pause(130.1) is None


def test_what_nobody_wrote_does_not_close_a_shop(tmp_path: Path) -> None:
    for text in ("", "[]", '{"until": "soon"}', "\0"):
        (tmp_path / FILE).write_text(text)
        assert Watch(tmp_path).pause(0.0) is None
