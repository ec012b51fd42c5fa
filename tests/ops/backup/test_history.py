from dataclasses import replace
from pathlib import Path

from bodega.ops.backup.history import FILE, History, Outcome, history, note

GOOD = Outcome("2026-11-23T03:00:00+00:00", True, "20261123T030000Z", "/backups", "Fine.", 1.5)
BAD = replace(GOOD, at="2026-11-24T03:00:00+00:00", is_good=False, name="", sentence="No space.")


def test_the_last_good_one_survives_a_bad_one(tmp_path: Path) -> None:
    assert history(tmp_path, "backup") == History()
    note(tmp_path, "backup", GOOD)
    note(tmp_path, "backup", BAD)
    assert history(tmp_path, "backup") == History(last=BAD, last_good=GOOD)
    assert history(tmp_path, "rehearsal") == History()


def test_a_damaged_file_is_no_history_and_is_written_anew(tmp_path: Path) -> None:
    for damage in ("{", "[]", '{"backup": {"last": {"wrong": 1}}}'):
        (tmp_path / FILE).write_text(damage)
        assert history(tmp_path, "backup") == History()
    (tmp_path / FILE).write_text("{")
    note(tmp_path, "backup", GOOD)
    assert history(tmp_path, "backup").last_good == GOOD
