"""Induced faults: each is named, with the next step, and without it the same doctor is content."""

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bodega.databases import slow_waits
from bodega.databases.holders import Board
from bodega.databases.waits import SlowWait
from bodega.databases.writing import Holder
from tests.ops.doctor.conftest import Examine

Harm = Callable[[Path], AbstractContextManager[object] | None]


@dataclass(frozen=True)
class Fault:
    """What is done to a shop, and what the doctor must say: the finding's id, level, and words."""

    harm: Harm
    theme: str
    id: str
    level: str
    says: str
    hint: str


def no_identity(shop: Path) -> None:
    (shop / "volume.json").unlink()


def damaged_header(shop: Path) -> None:
    remove_sidecars(shop, "primary")
    with (shop / "primary.sqlite3").open("r+b") as file:
        file.write(b"\0" * 100)


def remove_sidecars(shop: Path, role: str) -> None:
    connection = sqlite3.connect(str(shop / f"{role}.sqlite3"))
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    for end in ("-wal", "-shm"):
        (shop / f"{role}.sqlite3{end}").unlink(missing_ok=True)


def missing_file(shop: Path) -> None:
    for end in ("", "-wal", "-shm"):
        (shop / f"queue.sqlite3{end}").unlink(missing_ok=True)


def journal_mode_delete(shop: Path) -> None:
    connection = sqlite3.connect(str(shop / "queue.sqlite3"))
    connection.execute("PRAGMA journal_mode=delete").fetchall()
    connection.close()


def symlink(shop: Path) -> None:
    remove_sidecars(shop, "cache")
    shutil.move(shop / "cache.sqlite3", shop.parent / "elsewhere.sqlite3")
    (shop / "cache.sqlite3").symlink_to(shop.parent / "elsewhere.sqlite3")


def hard_link(shop: Path) -> None:
    (shop.parent / "second-name").hardlink_to(shop / "primary.sqlite3")


def world_readable_secret(shop: Path) -> None:
    (shop / "secret.key").chmod(0o644)


def salvage(shop: Path) -> None:
    folder = shop / "salvage" / "20261120-101112-primary-x"
    folder.mkdir(parents=True)
    (folder / "primary.sqlite3-wal").touch()


@contextmanager
def small_disk(shop: Path) -> Iterator[None]:
    """The volume on a file system that somebody filled."""
    with mounted(shop, "size=32m"):
        subprocess.run(
            ["fallocate", "-l", str(free(shop) - 300_000), str(shop / "log")], check=True
        )
        yield


def free(folder: Path) -> int:
    return shutil.disk_usage(folder).free


@contextmanager
def read_only(shop: Path) -> Iterator[None]:
    """The volume on a file system that turned read-only."""
    with mounted(shop, "size=800m"):
        subprocess.run(["mount", "-o", "remount,ro", str(shop)], check=True)
        yield


@contextmanager
def mounted(shop: Path, options: str) -> Iterator[None]:
    """The same files on a tmpfs."""
    assert os.geteuid() == 0, "mounting needs root"
    kept = shop.with_name("kept")
    shutil.copytree(shop, kept)
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "none", str(shop)], check=True)
    try:
        subprocess.run(["cp", "-a", f"{kept}/.", str(shop)], check=True)
        yield
    finally:
        subprocess.run(["umount", str(shop)], check=True)


@contextmanager
def stuck_reader(shop: Path) -> Iterator[None]:
    """Somebody keeps a snapshot of before 80 MB of changes."""
    with agent(
        shop,
        "connection.execute('BEGIN'); connection.execute('SELECT * FROM sqlite_schema').fetchone()",
    ):
        writer = sqlite3.connect(str(shop / "primary.sqlite3"), isolation_level=None)
        writer.execute("PRAGMA synchronous=off")
        writer.execute("CREATE TABLE ballast (content blob)")
        for _ in range(80):
            writer.execute("INSERT INTO ballast VALUES (randomblob(1000000))")
        yield
        writer.close()


@contextmanager
def unlinked_wal(shop: Path) -> Iterator[None]:
    """A script tidied up under a living process."""
    with agent(shop, "connection.execute('PRAGMA user_version=7')"):
        (shop / "primary.sqlite3-wal").unlink()
        yield


@contextmanager
def lost_locks(shop: Path) -> Iterator[None]:
    """A process opened and closed its database by hand, which dropped its locks."""
    with agent(shop, "open(sys.argv[1]).close()"):
        yield


@contextmanager
def agent(shop: Path, deed: str) -> Iterator[None]:
    """A process that has primary open, does a deed, and stays."""
    code = (
        "import sys; from pathlib import Path; from bodega.databases.opening import open_file;"
        "connection = open_file('primary', Path(sys.argv[1]).parent);"
        "connection.execute('SELECT count(*) FROM sqlite_schema').fetchall();"
        f"{deed}; print('done', flush=True); sys.stdin.read()"
    )
    words = [sys.executable, "-c", code, str(shop / "primary.sqlite3")]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"done\n"
        try:
            yield
        finally:
            process.kill()


@contextmanager
def long_writer(shop: Path) -> Iterator[None]:
    """A job that has been writing for eight seconds."""
    board = Board(shop / "primary.sqlite3")
    board.show(Holder("job shop.reports.rebuild", 1, time.monotonic() - 8))
    yield
    board.close()


def waited_in_vain(shop: Path) -> None:
    wait = SlowWait(
        time.time(), 5.0, "view checkout.place", "job reports.rebuild", was_in_vain=True
    )
    slow_waits.record(shop / "primary.sqlite3", wait)


def change(shop: Path, role: str, *statements: str) -> None:
    connection = sqlite3.connect(str(shop / f"{role}.sqlite3"), isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def stamp(ago: timedelta) -> str:
    return (datetime.now(UTC) - ago).replace(tzinfo=None).isoformat(" ")


def no_page_trigger(shop: Path) -> None:
    change(shop, "primary", "DROP TRIGGER changes_pages_catalog_product_update")


def no_search_trigger(shop: Path) -> None:
    change(shop, "primary", "DROP TRIGGER search_product_update")


JOB = """
    INSERT INTO jobs_job (key, task, arguments, queue_name, priority, state, run_after, enqueued_at,
        finished_at, attempts, failures, crashes, worker_ids, errors, release)
    VALUES ('k', 'shop.mails.send', '{{}}', 'default', 0, '{state}', '{at}', '{at}',
        {finished}, 1, 1, 0, '[]', '[]', '')
"""


def failed_job(shop: Path) -> None:
    at = stamp(timedelta(hours=1))
    change(shop, "queue", JOB.format(state="failed", at=at, finished=f"'{at}'"))


def waiting_job(shop: Path) -> None:
    at = stamp(timedelta(minutes=20))
    change(shop, "queue", JOB.format(state="ready", at=at, finished="NULL"))


MESSAGE = """
    INSERT INTO outbox_message (key, task, arguments, queue_name, priority, created_at, error)
    VALUES ('k', 'shop.mails.send', '{{}}', 'default', 0, '{at}', '{error}')
"""


def old_outbox(shop: Path) -> None:
    change(shop, "primary", MESSAGE.format(at=stamp(timedelta(hours=3)), error=""))


def broken_message(shop: Path) -> None:
    change(shop, "primary", MESSAGE.format(at=stamp(timedelta(0)), error="no dotted path"))


def note_backup(shop: Path, kind: str, *, ago: timedelta, is_good: bool = True) -> None:
    told = json.loads((shop / "backups.json").read_text())
    at = (datetime.now(UTC) - ago).isoformat()
    outcome = told[kind]["last_good"] | {"at": at, "is_good": is_good, "sentence": "It was rotten."}
    told[kind] = {"last": outcome} | ({"last_good": outcome} if is_good else {})
    (shop / "backups.json").write_text(json.dumps(told))


def stale_backup(shop: Path) -> None:
    note_backup(shop, "backup", ago=timedelta(days=3))


def never_backed_up(shop: Path) -> None:
    (shop / "backups.json").unlink()


def failed_rehearsal(shop: Path) -> None:
    note_backup(shop, "rehearsal", ago=timedelta(hours=2), is_good=False)


def broken_chain(shop: Path) -> None:
    (path,) = (shop / "journal").glob("*.jsonl")
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:2] + lines[3:]))


def clock_set_back(shop: Path) -> None:
    tomorrow = time.time() + 86_400
    os.utime(shop / "primary.sqlite3", (tomorrow, tomorrow))


FAULTS = [
    Fault(no_identity, "volume", "volume.identity", "bad", "has no volume.json", "bodega restore"),
    Fault(
        missing_file, "volume", "volume.files", "bad", "queue.sqlite3 is missing", "bodega restore"
    ),
    Fault(
        symlink,
        "volume",
        "volume.files",
        "bad",
        "is a symbolic link",
        "Stop the shop",
    ),
    Fault(hard_link, "volume", "volume.files", "bad", "has 2 names", "Stop the shop"),
    Fault(small_disk, "volume", "volume.space", "bad", "orders are refused until", "Make room"),
    Fault(read_only, "volume", "volume.writable", "bad", "is read-only", "remount,rw"),
    Fault(world_readable_secret, "volume", "volume.secret", "bad", "(0644)", "chmod 600"),
    Fault(salvage, "volume", "volume.salvage", "warn", "20261120-101112", "bodega salvage"),
    Fault(
        damaged_header, "databases", "databases.primary", "bad", "cannot be read", "bodega restore"
    ),
    Fault(
        journal_mode_delete, "databases", "databases.queue", "bad", "not in WAL mode", "bodega up"
    ),
    Fault(stuck_reader, "wal", "wal.size", "warn", "keeps an old snapshot open", "End that query"),
    Fault(
        unlinked_wal,
        "processes",
        "processes.files",
        "bad",
        "primary.sqlite3-wal that was",
        "salvage",
    ),
    Fault(lost_locks, "processes", "processes.locks", "bad", "without its lock", "Stop it"),
    Fault(
        long_writer, "writers", "writers.holder", "bad", "job shop.reports.rebuild", "kill -TERM"
    ),
    Fault(waited_in_vain, "writers", "writers.waits", "warn", "held by job reports", "Write less"),
    Fault(failed_job, "queue", "queue.failed", "warn", "shop.mails.send", "retry or discard"),
    Fault(waiting_job, "queue", "queue.waiting", "warn", "for 20 min", "bodega worker"),
    Fault(old_outbox, "queue", "outbox.waiting", "bad", "for 3 h", "bodega worker"),
    Fault(broken_message, "queue", "outbox.broken", "bad", "no dotted path", "Correct the row"),
    Fault(
        no_page_trigger,
        *("triggers", "triggers.pages", "bad"),
        "changes_pages_catalog_product_update is gone",
        "bodega manage migrate",
    ),
    Fault(
        no_search_trigger,
        *("triggers", "triggers.search", "bad", "search_product_update"),
        "bodega manage migrate",
    ),
    Fault(stale_backup, "backups", "backups.age", "bad", "3 days ago", "bodega backup"),
    Fault(never_backed_up, "backups", "backups.age", "bad", "none was ever made", "bodega backup"),
    Fault(
        failed_rehearsal,
        *("backups", "backups.rehearsal", "bad", "It was rotten"),
        "bodega backup --rehearse",
    ),
    Fault(broken_chain, "journal", "journal.chain", "bad", "record 3", "Keep the files"),
    Fault(clock_set_back, "clock", "clock.plausible", "bad", "has been set back", "Set the clock"),
]


def test_a_healthy_shop_is_healthy(shop: Path, examine: Examine) -> None:
    assert examine() == (0, {})
    assert examine("--thorough") == (0, {})


@pytest.mark.process
@pytest.mark.slow
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.harm.__name__)
def test_a_fault_is_named_with_the_next_step(fault: Fault, shop: Path, examine: Examine) -> None:
    assert examine(fault.theme) == (0, {})
    with fault.harm(shop) or nullcontext():
        code, told = examine(fault.theme)
    finding = told[fault.id]
    assert finding["level"] == fault.level
    assert code == {"warn": 1, "bad": 2}[fault.level]
    assert fault.says in finding["sentence"]
    assert fault.hint in finding["hint"]


@pytest.mark.process
@pytest.mark.parametrize(
    ("variable", "value", "id_", "says", "hint"),
    [
        ("STRIPE_SECRET_KEY", "sk_test_x", "bodega.payments.E002", "without any money", "sk_live_"),
        ("STRIPE_SECRET_KEY", "", "bodega.payments.E001", "nobody could pay", "STRIPE_SECRET_KEY"),
        ("STRIPE_WEBHOOK_SECRET", "", "bodega.payments.E004", "webhook secret", "whsec_"),
        ("BODEGA_SECRET_KEY", "short", "security.W009", "SECRET_KEY", "documentation"),
        ("BODEGA_URL", "http://shop.example", "security.W012", "SESSION_COOKIE_SECURE", "docu"),
        ("BODEGA_MODE", "productoin", "start", "BODEGA_MODE is 'productoin'", "running.md"),
    ],
)
def test_dangerous_settings_are_named(
    shop: Path,
    examine: Examine,
    monkeypatch: pytest.MonkeyPatch,
    *,
    variable: str,
    value: str,
    id_: str,
    says: str,
    hint: str,
) -> None:
    monkeypatch.setenv(variable, value)
    code, told = examine("settings")
    assert code > 0
    assert says in told[f"settings.{id_}"]["sentence"]
    assert hint in told[f"settings.{id_}"]["hint"]


def test_a_theme_that_cannot_be_examined_does_not_stop_the_others(
    shop: Path, examine: Examine
) -> None:
    damaged_header(shop)
    code, told = examine("queue", "triggers", "clock")
    assert code == 2
    assert set(told) == {"queue.examination", "triggers.examination"}


def test_nothing_is_changed(shop: Path, examine: Examine) -> None:
    before = snapshot(shop)
    assert examine()[0] == 0
    assert snapshot(shop) == before


def snapshot(shop: Path) -> dict[str, tuple[int, int]]:
    """Every file's size and time, but for what any reader may make or remove: the wal-index, and what
    dead processes left in `locks/`."""
    return {
        str(path.relative_to(shop)): (path.stat().st_size, path.stat().st_mtime_ns)
        for path in shop.rglob("*")
        if path.is_file() and not path.name.endswith("-shm") and path.parent.name != "locks"
    }


def test_the_doctor_reads_the_journal_that_the_shop_writes() -> None:
    from bodega.ops.doctor.journal import NAME
    from bodega.orders import journaling

    assert NAME == journaling.NAME
