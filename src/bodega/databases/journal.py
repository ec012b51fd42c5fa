"""A journal: a second place for what must not be forgotten, one JSON line for each record.

    {"seq":12,"at":"2026-11-25T08:30:00.123456+00:00","data":{…},"prev":"9f2c…","sum":"41d7…"}

`sum` is a SHA-256 over everything before it in the line; `prev` is the sum of the line before, so that a
line that is missing, changed or in another place is noticed (`journal_reading`). Nothing is ever
rewritten. A file that is full is followed by another; names say the first number in them and sort.

Records are kept in memory by `append`, which never fails, and written by `sync`, which returns when they
are on the disk: one write and one fdatasync for everybody who waits. The barrier (`durability.durable`)
calls `sync_all`, so nothing is acknowledged that is not in the journal. Several processes share one
chain: whoever writes holds a short `flock` and reads where the chain ends, about 20 µs; a chain for each
process would need no lock, but an auditor could not tell a missing file from a process that was idle.

A disk that is full, or not there: `sync` raises and keeps the records for the next try, so acknowledging
stops and goes on by itself. A failed fdatasync is never repeated (`syncing` says why): trust is lost.
"""

import atexit
import fcntl
import hashlib
import json
import logging
import os
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bodega.databases.exits import Exit
from bodega.databases.syncing import GroupSync, SyncFailed
from bodega.databases.trust import CannotAcknowledge, Trust, trust
from bodega.lib.clock import Clock, utc_now
from bodega.lib.files import sync_directory

log = logging.getLogger(__name__)

LARGEST_FILE = 16_000_000  # bytes; about 50,000 orders
LARGEST_LINE = 32_768
USUAL_LINE = 4_096
BEGINNING = "0" * 64
SUM = ',"sum":"'


@dataclass(frozen=True, slots=True)
class Link:
    """The end of a chain: number and sum of its last line."""

    seq: int = 0
    sum: str = BEGINNING


class Journal:
    """This process's way to write a journal. Any thread may."""

    def __init__(
        self,
        directory: Path,
        name: str,
        *,
        clock: Clock = utc_now,
        trusted: Trust = trust,
        fdatasync: Callable[[int], None] = os.fdatasync,
        largest: int = LARGEST_FILE,
    ) -> None:
        """`name`: what the files' names begin with. `largest`: bytes after which another file begins."""
        self.directory = directory
        self.name = name
        self._clock = clock
        self._trust = trusted
        self._fdatasync = fdatasync
        self._largest = largest
        self._waiting: list[bytes] = []
        self._appended = self._written = self._durable = 0
        self._file: int | None = None
        self._link = Link()
        self._group = GroupSync(self._sync)
        self._mutex = threading.Lock()

    def append(self, record: Mapping[str, Any]) -> None:
        """Take down a record; the next `sync` writes it. Raises ValueError for one that is no JSON or
        larger than 32 KB: our own mistake."""
        data = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
        told = f'"at":"{self._clock().isoformat()}","data":{data}'.encode()
        if len(told) > LARGEST_LINE:
            raise ValueError(f"a record of {len(told)} bytes; {LARGEST_LINE} are allowed")
        with self._mutex:
            self._waiting.append(told)
            self._appended += 1

    def sync(self) -> None:
        """Return when everything appended so far is on the disk; at once when it is already.

        Raises CannotAcknowledge: say nothing then that relies on it. The records stay for the next try.
        """
        with self._mutex:
            wanted = self._appended
            if self._durable >= wanted:
                return
            self._write_waiting()
        try:
            self._group.wait()
        except OSError as error:
            raise self._lost(error) from error
        except SyncFailed as error:
            raise CannotAcknowledge(str(error)) from error

    def close(self) -> None:
        """Give the file back; the next record opens it again."""
        with self._mutex:
            self._forget_file()

    def _write_waiting(self) -> None:
        if not self._waiting:
            return
        try:
            with _only_writer(self.directory, self.name):
                self._write_lines()
        except OSError as error:
            raise CannotAcknowledge(
                f"The journal in {self.directory} cannot be written ({error.strerror}), so nothing is "
                "confirmed for the moment. Is its disk there, and has it space?"
            ) from error

    def _write_lines(self) -> None:
        path, link = self._where_it_goes_on()
        file = self._opened(path)
        size = os.fstat(file).st_size
        lines, link = _lines(self._waiting, link)
        try:
            _write(file, _mend(path, size) + lines)
        except OSError:
            os.ftruncate(file, size)  # half a line helps nobody; we are the only writer now
            raise
        self._link = link
        self._waiting.clear()
        self._written = self._appended

    def _where_it_goes_on(self) -> tuple[Path, Link]:
        """The file for the next line, and the end of the chain."""
        files = journal_files(self.directory, self.name)
        link = last_link(files)
        if link.seq < self._link.seq:
            # Somebody took lines away. The numbers go on, so that a reader sees the hole.
            log.error("The journal in %s ends before what we wrote to it.", self.directory)
            link = self._link
        if not files:
            return self._path(link.seq + 1), link
        if files[-1].stat().st_size >= self._largest:
            return self._path(link.seq + 1), link
        return files[-1], link

    def _path(self, first: int) -> Path:
        return self.directory / f"{self.name}-{first:012d}.jsonl"

    def _opened(self, path: Path) -> int:
        """Our descriptor on the file; it is synced before we leave it for another one."""
        if self._file is not None:
            mine = os.fstat(self._file)
            if path.exists() and os.path.samestat(mine, path.stat()):
                return self._file
            self._leave(self._file)
        is_new = not path.exists()
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._file = os.open(path, flags, 0o640)
        if is_new:
            sync_directory(self.directory)
        return self._file

    def _leave(self, file: int) -> None:
        """Sync what nobody will sync any more, and close."""
        if self._written > self._durable:
            try:
                self._fdatasync(file)
            except OSError as error:
                raise self._lost(error) from error
        self._forget_file()

    def _lost(self, error: OSError) -> CannotAcknowledge:
        self._trust.lose(f"The journal in {self.directory}: {error}.", Exit.UNSYNCED)
        return CannotAcknowledge(str(error))

    def _sync(self) -> None:
        with self._mutex:
            written, file = self._written, self._file
            mine = (
                None if file is None else os.dup(file)
            )  # it may be left for another one meanwhile
        if mine is not None:
            try:
                self._fdatasync(mine)
            finally:
                os.close(mine)
        self._durable = max(self._durable, written)

    def _forget_file(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def journal_files(directory: Path, name: str) -> list[Path]:
    """The files of a journal, oldest first."""
    return sorted(directory.glob(f"{name}-[0-9]*.jsonl"))


def last_link(files: list[Path]) -> Link:
    """The last whole line's number and sum, whatever is torn or damaged behind it."""
    for path in reversed(files):
        for share in (USUAL_LINE, 4 * LARGEST_LINE, path.stat().st_size):
            for line in reversed(_tail(path, share).splitlines()):
                if (whole := parse(line)) is not None:
                    return Link(whole["seq"], whole["sum"])
    return Link()


def _tail(path: Path, share: int) -> bytes:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - share))
        return file.read()


def parse(line: bytes) -> dict[str, Any] | None:
    """A line's content; None when it is not what was written."""
    try:
        text = line.decode()
        told, _, rest = text.rpartition(SUM)
        if rest != f'{digest(told)}"}}':
            return None
        content: dict[str, Any] = json.loads(text)
    except ValueError:
        return None
    return content


def digest(told: str) -> str:
    """The sum of what comes before it in a line."""
    return hashlib.sha256(told.encode()).hexdigest()


def _lines(records: list[bytes], link: Link) -> tuple[bytes, Link]:
    lines = []
    for record in records:
        told = f'{{"seq":{link.seq + 1},{record.decode()},"prev":"{link.sum}"'
        link = Link(link.seq + 1, digest(told))
        lines.append(f'{told}{SUM}{link.sum}"}}\n')
    return "".join(lines).encode(), link


def _mend(path: Path, size: int) -> bytes:
    """A line that a dead process left unfinished is ended, so that ours is one of its own."""
    if size == 0:
        return b""
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return b"" if file.read() == b"\n" else b"\n"


def _write(file: int, content: bytes) -> None:
    while content:
        content = content[os.write(file, content) :]


@contextmanager
def _only_writer(directory: Path, name: str) -> Iterator[None]:
    """Hold the journal's lock: between processes, for as long as the block lasts. Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    lock = os.open(directory / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


_journals: dict[tuple[Path, str], Journal] = {}
_opening = threading.Lock()


def open_journal(directory: Path, name: str) -> Journal:
    """This process's journal there; the same one each time."""
    with _opening:
        if (directory, name) not in _journals:
            _journals[directory, name] = Journal(directory, name)
        return _journals[directory, name]


def sync_all() -> None:
    """Make everything durable that this process appended to any journal. Raises CannotAcknowledge."""
    for journal in list(_journals.values()):
        journal.sync()


def _forget_in_child() -> None:
    # What waits in memory belongs to the parent, which will write it.
    global _opening  # noqa: PLW0603 - a lock that another thread of the parent held stays locked here
    _opening = threading.Lock()
    _journals.clear()


def _write_rest() -> None:
    # Whoever acknowledged something has passed the barrier; this is for commands that tell nobody.
    try:
        sync_all()
    except CannotAcknowledge as error:
        log.error("Records are missing in a journal: %s", error)


os.register_at_fork(after_in_child=_forget_in_child)
atexit.register(_write_rest)
