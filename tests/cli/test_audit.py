"""`bodega audit`: its words, its exit codes, and the ten faults it must find."""

import json
import shutil
import sqlite3
import threading
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bodega.cli import audit
from bodega.lib.clock import utc_now
from bodega.ops.audit.examination import QUESTIONS
from bodega.ops.audit.memory import last_audit
from bodega.ops.audit.schedule import AuditFailed, audit_nightly
from bodega.ops.doctor import audit as doctor
from bodega.ops.doctor.case import Case
from bodega.ops.doctor.findings import Level
from tests.ops.audit.conftest import healthy, primary, volume
from tests.ops.audit.planting import plant

__all__ = ["healthy", "primary", "volume"]

pytestmark = pytest.mark.django_db

TEN = {
    "orders.totals",
    "orders.discounts",
    "payments.captured",
    "payments.order-refunds",
    "payments.discrepancies",
    "stock.on-hand",
    "stock.sold",
    "outbox.waiting",
    "mails.failed",
    "files.references",
}

Capture = pytest.CaptureFixture[str]


def told(capsys: Capture) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def ids(found: dict[str, Any]) -> set[str]:
    return {each["id"] for each in found["answers"] if each["level"] != "ok"}


def test_a_healthy_shop_is_exit_code_0(volume: Path, capsys: Capture) -> None:
    assert audit.run(["--volume", str(volume), "--json"]) == 0
    found = told(capsys)
    assert ids(found) == set()
    assert len(found["answers"]) == len(QUESTIONS)
    (euros,) = found["sums"]
    assert euros["total"] == euros["charged"] == euros["balance"] > 0


def test_ten_planted_faults_are_exactly_ten_findings(
    volume: Path, primary: sqlite3.Connection, capsys: Capture
) -> None:
    plant(primary, *TEN)
    assert audit.run(["--volume", str(volume), "--json"]) == 2
    assert ids(told(capsys)) == TEN


def test_something_late_is_exit_code_1(
    volume: Path, primary: sqlite3.Connection, capsys: Capture
) -> None:
    plant(primary, "outbox.waiting")
    assert audit.run(["--volume", str(volume), "--json"]) == 1
    assert told(capsys)["level"] == "warn"


def test_people_are_told_which_rows_why_and_what_next(
    volume: Path, primary: sqlite3.Connection, capsys: Capture
) -> None:
    primary.execute("UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'orders_order'")
    plant(primary, "stock.on-hand", "payments.modes")
    assert audit.run(["--volume", str(volume), "--brief", "--most", "1"]) == 2
    said = capsys.readouterr().out
    assert "stock.on-hand" in said
    assert "on hand, the movements make" in said
    assert "why The shop sells what it has not" in said
    assert "→   Count the shelf" in said
    assert "conflict — never was an order" in said
    assert "orders.totals" not in said
    assert "2 findings (2 rows): payments.modes, stock.on-hand." in said


def test_only_and_list_choose_questions(volume: Path, capsys: Capture) -> None:
    assert audit.run(["--list", "--only", "stock"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == sum(
        id_.startswith("stock.") for id_ in QUESTIONS
    )
    assert audit.run(["--volume", str(volume), "--json", "--only", "orders.gaps"]) == 0
    assert [each["id"] for each in told(capsys)["answers"]] == ["orders.gaps"]
    assert audit.run(["--only", "nonsense"]) == 2
    assert "there is no question 'nonsense'" in capsys.readouterr().err


def test_no_shop_is_a_sentence(tmp_path: Path, capsys: Capture) -> None:
    assert audit.run(["--volume", str(tmp_path)]) == 2
    assert "is not there. Is the volume mounted?" in capsys.readouterr().err


def test_beside_a_writing_shop_nothing_is_half_seen(
    volume: Path, primary: sqlite3.Connection, capsys: Capture
) -> None:
    """A writer that changes total and lines in one transaction, again and again."""
    primary.execute("PRAGMA journal_mode=WAL")
    stop = threading.Event()
    writing = threading.Thread(target=write_until, args=(volume, stop))
    writing.start()
    try:
        for _ in range(5):
            assert audit.run(["--volume", str(volume), "--json", "--only", "stock.on-hand"]) == 0
            capsys.readouterr()
    finally:
        stop.set()
        writing.join()


def write_until(volume: Path, stop: threading.Event) -> None:
    connection = sqlite3.connect(volume / "primary.sqlite3", isolation_level=None, timeout=10)
    while not stop.is_set():
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(
            "INSERT INTO catalog_movement (variant_id, reason, on_hand_delta, reserved_delta, "
            "reference, actor, note, at) SELECT variant_id, 'counted', 1, 0, '', 'ada', '', "
            "'2026-01-01' FROM catalog_stock LIMIT 1"
        )
        connection.execute(
            "UPDATE catalog_stock SET on_hand = on_hand + 1 WHERE variant_id = "
            "(SELECT variant_id FROM catalog_movement ORDER BY id DESC LIMIT 1)"
        )
        connection.execute("COMMIT")
    connection.close()


def test_an_audit_leaves_nothing_behind(volume: Path, tmp_path: Path, capsys: Capture) -> None:
    before = {each.name: each.stat().st_mtime_ns for each in volume.iterdir()}
    audit.run(["--volume", str(volume), "--json"])
    assert {each.name: each.stat().st_mtime_ns for each in volume.iterdir()} == before
    shutil.rmtree(volume)


def test_another_programs_database_is_explained(tmp_path: Path, capsys: Capture) -> None:
    path = tmp_path / "other.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE orders (id INTEGER PRIMARY KEY AUTOINCREMENT, at TEXT)")
    connection.executemany("INSERT INTO orders (at) VALUES (?)", [("a",), ("b",), ("c",)])
    connection.commit()
    assert audit.run(["--sqlite", str(path)]) == 0
    connection.execute("DELETE FROM orders WHERE id = 3")
    connection.commit()
    connection.close()
    capsys.readouterr()
    assert audit.run(["--sqlite", str(path)]) == 1
    assert "This file alone cannot say whether an order was lost." in capsys.readouterr().out
    assert audit.run(["--sqlite", str(path), "--json"]) == 1
    assert told(capsys)["missing"] == 1
    assert audit.run(["--sqlite", str(path), "--table", "sales"]) == 2
    assert "There are: orders" in capsys.readouterr().err


def test_what_was_found_is_left_for_doctor(
    volume: Path, primary: sqlite3.Connection, capsys: Capture
) -> None:
    now = utc_now()
    case = Case(volume, {}, now)
    assert [each.sentence[:22] for each in doctor.examine(case)] == ["No audit was made yet;"]
    audit.run(["--volume", str(volume), "--remember"])
    assert [each.level for each in doctor.examine(case)] == [Level.OK]
    late = Case(volume, {}, now + timedelta(days=4))
    assert [each.level for each in doctor.examine(late)] == [Level.WARN]
    plant(primary, "stock.on-hand")
    audit.run(["--volume", str(volume), "--remember"])
    (finding,) = doctor.examine(case)
    assert finding.level is Level.BAD
    assert "1 finding (1 rows): stock.on-hand" in finding.sentence


def test_the_nightly_audit_is_a_process_and_fails_when_nobody_could_be_asked(
    volume: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BODEGA_VOLUME", str(volume))
    audit_nightly.func()
    last = last_audit(volume)
    assert last is not None
    assert last.level == "ok"
    monkeypatch.setenv("BODEGA_VOLUME", str(volume / "nowhere"))
    with pytest.raises(AuditFailed, match="Is the volume mounted"):
        audit_nightly.func()
