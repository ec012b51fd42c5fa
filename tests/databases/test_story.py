from pathlib import Path

from bodega.databases import story
from bodega.databases.story import Chapter, Story, read


def chapter(key: str, started: str = "2026-11-22T10:00:00+00:00") -> Chapter:
    return Chapter(key=key, release="r1", code="", started=started, host="h", pid=1)


def test_a_chapter_is_read_as_it_was_last_written(tmp_path: Path) -> None:
    book = Story(tmp_path)
    one = chapter("one")
    book.write(one)
    one.state, one.served, one.exit, one.why = "gone", 7, -9, "was ended by SIGKILL"
    book.write(one)
    book.write(chapter("two", "2026-11-22T11:00:00+00:00"))
    assert [each.key for each in read(tmp_path)] == ["two", "one"], "the newest first"
    assert read(tmp_path)[1] == one
    assert len(read(tmp_path, limit=1)) == 1
    book.close()


def test_it_stays_small(tmp_path: Path) -> None:
    book = Story(tmp_path)
    for number in range(story.KEPT + 5):
        book.write(chapter(f"{number}", f"2026-11-22T10:00:{number:05}+00:00"))
    book.close()
    kept = read(tmp_path, limit=10_000)
    assert len(kept) == story.KEPT
    assert kept[-1].key == "5", "the oldest went"


def test_where_nobody_ever_wrote_there_is_nothing_and_nothing_is_made(tmp_path: Path) -> None:
    assert read(tmp_path) == []
    assert list(tmp_path.iterdir()) == []
