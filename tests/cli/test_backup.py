import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from bodega.cli import backup, restore
from bodega.databases.layout import FILES
from bodega.databases.leases import Lease
from bodega.databases.opening import open_file
from bodega.ops.backup import history
from bodega.ops.backup.making import LEASE

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def shop(volume: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The volume the command means, and a place for its backups."""
    monkeypatch.setenv("BODEGA_VOLUME", str(volume))
    monkeypatch.setenv("BODEGA_BACKUP_DIR", str(tmp_path / "backups"))
    monkeypatch.delenv("BODEGA_BACKUP_URL", raising=False)
    monkeypatch.setattr("os.nice", lambda _: 0)  # not the tests
    for role in FILES:
        connection = open_file(role, volume)
        connection.execute("CREATE TABLE things (id integer PRIMARY KEY)")
        connection.execute("INSERT INTO things VALUES (1)")
        connection.close()
    return volume


def test_backup_rehearse_list_restore(shop: Path, capsys: Capture) -> None:
    assert backup.run([]) == 0
    assert "verified: pages, references, rows, sums" in capsys.readouterr().out
    assert backup.run(["--rehearse"]) == 0
    assert "can be restored: 5 files as they were, 4 rows" in capsys.readouterr().out
    assert backup.run(["--list"]) == 0
    name = capsys.readouterr().out.strip()
    assert restore.run([name]) == 0
    told = capsys.readouterr().out
    assert f"{shop} is the shop as it was at" in told
    assert "What was there before is kept in" in told
    assert "bodega doctor" in told


def test_everything_speaks_json(shop: Path, capsys: Capture) -> None:
    assert backup.run(["--json"]) == 0
    made = json.loads(capsys.readouterr().out)
    assert made["is_good"]
    assert made["files"] == 5
    assert backup.run(["--rehearse", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == 4
    assert backup.run(["--list", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["backups"] == [made["name"]]
    assert restore.run(["--json"]) == 0
    restored = json.loads(capsys.readouterr().out)
    assert restored["name"] == made["name"]
    assert Path(restored["kept"]).is_dir()


def test_what_happened_is_remembered_for_doctor(shop: Path, capsys: Capture) -> None:
    assert backup.run([]) == 0
    (shop / "primary.sqlite3").unlink()
    assert backup.run([]) == 1
    told = history.history(shop, "backup")
    assert told.last_good
    assert told.last
    assert "cannot be copied" in told.last.sentence
    assert not told.last.is_good
    assert "bodega doctor" in capsys.readouterr().err


def test_a_backup_that_is_running_already_is_no_failure_of_ours(
    shop: Path, capsys: Capture
) -> None:
    assert backup.run([]) == 0
    with Lease(LEASE, shop):
        assert backup.run(["--rehearse"]) == 1
    assert "Another backup or rehearsal" in capsys.readouterr().err
    assert history.history(shop, "rehearsal").last is None


def test_without_a_place_it_says_which_variables(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.delenv("BODEGA_BACKUP_DIR")
    assert backup.run([]) == 1
    assert "BODEGA_BACKUP_DIR" in capsys.readouterr().err
    assert restore.run(["--json"]) == 1
    assert not json.loads(capsys.readouterr().out)["is_good"]


def test_a_place_inside_the_volume_is_refused(shop: Path, capsys: Capture) -> None:
    assert backup.run([str(shop / "backups")]) == 1
    assert "would take its backups" in capsys.readouterr().err
    assert not (shop / "backups").exists()


def test_a_wrong_number_is_named(monkeypatch: pytest.MonkeyPatch, capsys: Capture) -> None:
    monkeypatch.setenv("BODEGA_BACKUP_DAYS", "many")
    assert backup.run([]) == 1
    assert "BODEGA_BACKUP_DAYS is 'many'" in capsys.readouterr().err


def test_a_running_shop_is_not_replaced(shop: Path, capsys: Capture) -> None:
    from tests.ops.backup.processes import process_that_has_open

    assert backup.run([]) == 0
    with process_that_has_open(shop):
        assert restore.run([]) == 1
    assert "The shop is running" in capsys.readouterr().err


def test_restore_finds_the_only_volume_of_a_store(
    shop: Path, tmp_path: Path, capsys: Capture
) -> None:
    assert backup.run([]) == 0
    fresh = tmp_path / "fresh"
    assert restore.run(["--volume", str(fresh)]) == 0
    assert "It has a new secret.key" in capsys.readouterr().out
    connection = sqlite3.connect(str(fresh / "primary.sqlite3"))
    assert connection.execute("SELECT id FROM things").fetchall() == [(1,)]
    connection.close()


def test_restore_asks_when_the_store_has_several(
    shop: Path, tmp_path: Path, capsys: Capture
) -> None:
    assert backup.run([]) == 0
    other = tmp_path / "backups" / "0123456789abcdef" / "20260101T000000Z"
    other.mkdir(parents=True)
    (other / "manifest.json").touch()
    assert restore.run(["--volume", str(tmp_path / "fresh")]) == 1
    assert "--volume-id ID" in capsys.readouterr().err


def test_a_place_on_the_command_line_is_enough(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.delenv("BODEGA_BACKUP_DIR")
    place = str(tmp_path / "stick")
    assert backup.run([place]) == 0
    assert f" in {place}: 5 files" in capsys.readouterr().out
    assert backup.run(["--list", place]) == 0
    name = capsys.readouterr().out.strip()
    for words in (["--rehearse", place], ["--rehearse", place, name], [name, place, "--rehearse"]):
        assert backup.run(words) == 0
        assert f"Backup {name} can be restored" in capsys.readouterr().out
    assert restore.run([place, name]) == 0
    assert f"(backup {name})" in capsys.readouterr().out


def test_a_place_goes_before_the_environment(tmp_path: Path, capsys: Capture) -> None:
    assert backup.run([]) == 0
    (tmp_path / "empty").mkdir()
    assert backup.run(["--list", str(tmp_path / "empty")]) == 0
    assert "has no backup of this volume yet" in capsys.readouterr().out


@pytest.mark.parametrize("verb", [backup.run, restore.run])
def test_who_looks_for_a_backup_where_there_is_no_folder_is_told(
    verb: Callable[[list[str]], int], tmp_path: Path, capsys: Capture
) -> None:
    words = ["yesterday", *(["--rehearse"] if verb is backup.run else [])]
    assert verb(words) == 1
    assert "no backup is called so: their names look like" in capsys.readouterr().err
    assert not Path("yesterday").exists()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["20261125T030000Z"], "goes with --rehearse"),
        (["/a", "/b"], "one place: /a or /b?"),
        (["--rehearse", "20261125T030000Z", "20261126T030000Z"], "one name"),
    ],
)
def test_wrong_words_of_backup(words: list[str], says: str, capsys: Capture) -> None:
    with pytest.raises(SystemExit) as ended:
        backup.run(words)
    assert ended.value.code == 2
    assert says in capsys.readouterr().err
