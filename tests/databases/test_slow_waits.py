from pathlib import Path

import pytest

from bodega.databases import holdings, slow_waits
from bodega.databases.slow_waits import LARGEST, recent, record
from bodega.databases.waits import SlowWait


@pytest.fixture
def database(volume: Path) -> Path:
    return volume / "primary.sqlite3"


def wait(at: float, seconds: float = 1.0) -> SlowWait:
    return SlowWait(at, seconds, "view checkout.place", "job orders.mails.send")


def test_waits_are_kept_for_other_processes(database: Path) -> None:
    for at in (3.0, 1.0, 2.0):
        record(database, wait(at))
    assert [each.at for each in recent(database, since=2.0)] == [2.0, 3.0]
    assert recent(database, since=3.0) == [wait(3.0)]


def test_a_damaged_line_is_passed_over(database: Path) -> None:
    record(database, wait(1.0))
    with slow_waits._path(database).open("ab") as file:
        file.write(b'{"at": 2\n[]\n')
    record(database, wait(3.0))
    assert [each.at for each in recent(database, since=0)] == [1.0, 3.0]


def test_the_files_stay_small_and_keep_the_newest(database: Path) -> None:
    for at in range(2_000):
        record(database, wait(float(at)))
    kept = recent(database, since=0)
    assert len(kept) < 2_000
    assert kept[-1].at == 1_999.0
    sizes = [path.stat().st_size for path in (database.parent / "locks").glob("waits-*")]
    assert max(sizes) < LARGEST + 1_000
    assert len(sizes) == 2


def test_where_nothing_can_be_written_nobody_is_kept_from_work(tmp_path: Path) -> None:
    record(tmp_path / "nowhere" / "primary.sqlite3", wait(1.0))
    assert recent(tmp_path / "nowhere" / "primary.sqlite3", since=0) == []


def test_a_holding_writes_its_slow_waits_down_and_no_others(database: Path) -> None:
    holding = holdings.Holding(database, "primary", "group")
    holding.lock.waits.note(0.1, "view a", "job b")
    assert recent(database, since=0) == []
    holding.lock.waits.note(0.3, "view a", "job b", was_in_vain=True)
    (told,) = recent(database, since=0)
    assert (told.who, told.holder, told.was_in_vain) == ("view a", "job b", True)
    holding.let_go()
