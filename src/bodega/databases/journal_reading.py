"""Reading a journal, for people and auditors: every record, and everything that is wrong with the chain.

A damaged line is reported and passed over. An unfinished last line is none of our business: whoever
wrote it died before anything was acknowledged, or is writing it right now.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bodega.databases.journal import Link, journal_files, parse


@dataclass(frozen=True, slots=True)
class Entry:
    """A record as it was appended."""

    seq: int
    at: datetime
    data: dict[str, Any]
    place: str


@dataclass(frozen=True, slots=True)
class Damage:
    """Something that is not as it was written. `place`: file and line.

    `lost`: how many records cannot be read or are missing; 0 when the line never was one (a process died
    while it wrote, and nothing was acknowledged).
    """

    place: str
    sentence: str
    lost: int


def read(directory: Path, name: str, *, newest: int | None = None) -> Iterator[Entry | Damage]:
    """The journal from its first file to its end, in the order in which it was written.

    The oldest files may have been put elsewhere: it begins with the first that is there. `newest`: only
    so many files, the last ones. Raises OSError.
    """
    files = journal_files(directory, name)[-(newest or 0) :]
    chain = _Chain()
    for path in files:
        lines = path.read_bytes().splitlines(keepends=True)
        for number, line in enumerate(lines, 1):
            is_last = path is files[-1] and number == len(lines)
            if is_last and not line.endswith(b"\n"):
                break
            yield from chain.follow(f"{path.name}:{number}", line)
    yield from chain.end()


class _Chain:
    """The chain so far, and the lines that could not be read since its last good one."""

    def __init__(self) -> None:
        self._link: Link | None = None
        self._unread: list[str] = []

    def follow(self, place: str, line: bytes) -> Iterator[Entry | Damage]:
        content = parse(line.rstrip(b"\n"))
        if content is None:
            self._unread.append(place)
            return
        yield from self._gap(place, content)
        self._link = Link(content["seq"], content["sum"])
        at = datetime.fromisoformat(content["at"])
        yield Entry(content["seq"], at, content["data"], place)

    def end(self) -> Iterator[Damage]:
        """Unreadable lines with nothing behind them: each may have been a record."""
        for place in self._unread:
            yield Damage(place, "the line is damaged", 1)

    def _gap(self, place: str, content: dict[str, Any]) -> Iterator[Damage]:
        """What is wrong between the last good line and this one."""
        last, unread = self._link, self._unread
        self._unread = []
        if last is None:
            yield from (Damage(each, "the line is damaged", 1) for each in unread)
            return
        missing = content["seq"] - last.seq - 1
        if missing == 0 and content["prev"] == last.sum:
            told = "the line is not whole, and never was a record: whoever wrote it died"
            yield from (Damage(each, told, 0) for each in unread)
        elif missing > 0:
            numbers = (
                f"{last.seq + 1} to {content['seq'] - 1}" if missing > 1 else f"{last.seq + 1}"
            )
            where = f" (damaged: {', '.join(unread)})" if unread else ""
            yield Damage(place, f"record {numbers} before this line cannot be read{where}", missing)
        else:
            told = f"record {content['seq']} does not follow on {last.seq}: lines were changed or moved"
            yield Damage(place, told, 1)
