import errno
import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from bodega.databases import journal as module
from bodega.databases.exits import Exit
from bodega.databases.journal import Journal, journal_files, open_journal, parse
from bodega.databases.journal_reading import Damage, Entry, read
from bodega.databases.trust import CannotAcknowledge, Trust

Change = Callable[[list[bytes]], list[bytes]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "journal"


def records(folder: Path) -> list[object]:
    return [each.data["n"] for each in read(folder, "orders") if isinstance(each, Entry)]


def damages(folder: Path) -> list[Damage]:
    return [each for each in read(folder, "orders") if isinstance(each, Damage)]


def filled(folder: Path, count: int = 6) -> Path:
    """A journal of so many records; its only file."""
    journal = Journal(folder, "orders")
    for number in range(1, count + 1):
        journal.append({"n": number, "café": "☕"})
    journal.sync()
    journal.close()
    (path,) = journal_files(folder, "orders")
    return path


def test_what_is_appended_is_read_back_in_order(folder: Path) -> None:
    path = filled(folder, 3)
    assert records(folder) == [1, 2, 3]
    assert damages(folder) == []
    first = json.loads(path.read_text().splitlines()[0])
    assert first["data"] == {"n": 1, "café": "☕"}
    assert set(first) == {"seq", "at", "data", "prev", "sum"}


def test_nothing_is_on_the_disk_before_sync_and_everything_after(folder: Path) -> None:
    synced: list[int] = []
    journal = Journal(folder, "orders", fdatasync=synced.append)
    journal.append({"n": 1})
    assert not folder.exists()
    journal.sync()
    assert records(folder) == [1]
    assert len(synced) == 1
    journal.sync()
    assert len(synced) == 1, "nothing new, nothing to wait for"


def test_many_threads_share_syncs(folder: Path) -> None:
    synced: list[int] = []
    hold, arrived = threading.Event(), threading.Barrier(21)

    def slow(descriptor: int) -> None:
        synced.append(descriptor)
        hold.wait(10)

    journal = Journal(folder, "orders", fdatasync=slow)

    def work(number: int) -> None:
        arrived.wait(10)
        journal.append({"n": number})
        journal.sync()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    arrived.wait(10)
    hold.set()
    for thread in threads:
        thread.join(10)
    assert sorted(map(int, map(str, records(folder)))) == list(range(20))
    assert len(synced) < 20
    assert damages(folder) == []


@pytest.mark.parametrize(
    ("change", "sentence", "lost"),
    [
        (lambda lines: lines[:2] + lines[3:], "record 3 before this line", 1),
        (lambda lines: lines[:1] + lines[4:], "record 2 to 4 before this line", 3),
        (lambda lines: [*lines[:2], b"garbage\n", *lines[3:]], "damaged: orders-", 1),
        (
            lambda lines: [*lines[:2], lines[2].replace(b'"n":3', b'"n":9'), *lines[3:]],
            "record 3 before this line",
            1,
        ),
        (lambda lines: [*lines[:3], lines[1], *lines[3:]], "record 2 does not follow on 3", 1),
        (lambda lines: [*lines[:5], b"\xff\xfe\n"], "the line is damaged", 1),
    ],
)
def test_what_was_done_to_the_file_is_noticed(
    folder: Path, change: Change, sentence: str, lost: int
) -> None:
    path = filled(folder)
    assert damages(folder) == []
    path.write_bytes(b"".join(change(path.read_bytes().splitlines(keepends=True))))
    found = damages(folder)
    assert sentence in found[0].sentence
    assert found[0].lost == lost
    assert len(records(folder)) >= 3


def test_a_torn_last_line_is_nobodys_business(folder: Path) -> None:
    path = filled(folder, 3)
    path.write_bytes(path.read_bytes()[:-20])
    assert records(folder) == [1, 2]
    assert damages(folder) == []


def test_after_a_torn_line_the_chain_goes_on(folder: Path) -> None:
    path = filled(folder, 3)
    path.write_bytes(path.read_bytes()[:-20])
    journal = Journal(folder, "orders")
    journal.append({"n": "after"})
    journal.sync()
    assert records(folder) == [1, 2, "after"]
    (torn,) = damages(folder)
    assert torn.lost == 0
    assert "never was a record" in torn.sentence


def test_a_full_file_is_followed_by_another_and_the_chain_spans_them(folder: Path) -> None:
    journal = Journal(folder, "orders", largest=600)
    for number in range(8):
        journal.append({"n": number})
        journal.sync()
    files = journal_files(folder, "orders")
    assert len(files) > 2
    first = json.loads(files[1].read_text().splitlines()[0])
    assert files[1].name == f"orders-{first['seq']:012d}.jsonl"
    assert records(folder) == list(range(8))
    assert damages(folder) == []
    newest = [each for each in read(folder, "orders", newest=1) if isinstance(each, Entry)]
    assert newest[-1].data == {"n": 7}
    assert len(newest) < 8
    files[1].unlink()
    assert damages(folder)[0].lost >= 1


def test_old_files_may_be_put_elsewhere(folder: Path) -> None:
    journal = Journal(folder, "orders", largest=600)
    for number in range(8):
        journal.append({"n": number})
        journal.sync()
    journal_files(folder, "orders")[0].unlink()
    assert damages(folder) == []
    assert records(folder)[-1] == 7


def test_a_journal_that_is_taken_away_leaves_a_hole_and_goes_on(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    journal = Journal(folder, "orders")
    journal.append({"n": 1})
    journal.sync()
    journal_files(folder, "orders")[0].unlink()
    journal.append({"n": 2})
    journal.sync()
    (entry,) = read(folder, "orders")
    assert isinstance(entry, Entry)
    assert entry.seq == 2
    assert "ends before what we wrote" in caplog.text


@pytest.mark.process
def test_several_processes_write_one_chain(folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from bodega.databases.journal import Journal\n"
        "journal = Journal(Path(sys.argv[1]), 'orders', largest=20_000)\n"
        "for number in range(150):\n"
        "    journal.append({'n': f'{sys.argv[2]} {number}'}); journal.sync()\n"
    )
    words = [sys.executable, "-c", code, str(folder)]
    processes = [subprocess.Popen([*words, name]) for name in ("a", "b", "c")]
    assert [process.wait(60) for process in processes] == [0, 0, 0]
    assert damages(folder) == []
    found = records(folder)
    assert len(found) == 450
    for name in "abc":
        mine = [each for each in found if str(each).startswith(name)]
        assert mine == [f"{name} {number}" for number in range(150)]


def test_a_full_disk_stops_acknowledging_until_there_is_room(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    filled(folder, 2)
    journal = Journal(folder, "orders")
    real = os.write

    def full(descriptor: int, content: bytes) -> int:
        if len(content) < 100:
            raise OSError(errno.ENOSPC, "No space left on device")
        return real(descriptor, content[:100])

    journal.append({"n": 3})
    monkeypatch.setattr("bodega.databases.journal.os.write", full)
    for _ in range(2):
        with pytest.raises(CannotAcknowledge, match="No space left on device"):
            journal.sync()
    assert damages(folder) == []
    assert records(folder) == [1, 2]
    monkeypatch.undo()
    journal.sync()
    assert records(folder) == [1, 2, 3]
    assert damages(folder) == []


def test_a_failed_sync_is_never_repeated(folder: Path) -> None:
    lost: list[Exit] = []
    calls: list[int] = []

    def broken(descriptor: int) -> None:
        calls.append(descriptor)
        raise OSError(errno.EIO, "Input/output error")

    trusted = Trust(end=lambda loss: lost.append(loss.code))
    journal = Journal(folder, "orders", fdatasync=broken, trusted=trusted)
    journal.append({"n": 1})
    for _ in range(3):
        with pytest.raises(CannotAcknowledge):
            journal.sync()
    assert len(calls) == 1
    assert lost == [Exit.UNSYNCED]


@pytest.mark.process
def test_what_a_command_left_unsaid_is_written_when_it_ends(folder: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from bodega.databases.journal import open_journal\n"
        "open_journal(Path(sys.argv[1]), 'orders').append({'n': 1})"
    )
    subprocess.run([sys.executable, "-c", code, str(folder)], check=True)
    assert records(folder) == [1]


def test_records_are_json_and_not_too_large(folder: Path) -> None:
    journal = Journal(folder, "orders")
    with pytest.raises(TypeError):
        journal.append({"n": object()})
    with pytest.raises(ValueError, match="32768 are allowed"):
        journal.append({"n": "x" * 40_000})
    journal.sync()
    assert not folder.exists()


def test_a_forked_child_does_not_write_its_parents_records(folder: Path) -> None:
    journal = open_journal(folder, "orders")
    assert open_journal(folder, "orders") is journal
    journal.append({"n": 1})
    child = os.fork()
    if child == 0:
        module.sync_all()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert not folder.exists()
    module.sync_all()
    assert records(folder) == [1]
    del module._journals[folder, "orders"]


def test_a_line_that_was_touched_is_no_line(folder: Path) -> None:
    line = filled(folder, 1).read_bytes().rstrip()
    assert parse(line)
    for changed in (line[:-3], line.replace(b'"seq":1', b'"seq":2'), b"", b"{}", b'{"a":1}'):
        assert parse(changed) is None
