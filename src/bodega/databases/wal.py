"""Reading a write-ahead log without SQLite: which commits are in it, and where it breaks off.

The format is SQLite's (https://sqlite.org/fileformat2.html, section 4): a header of 32 bytes, then
frames of 24 bytes and a page each. A frame counts when its salts are the header's and the checksum,
which runs through all frames before it, is right; a commit counts when its last frame does.
"""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HEADER = struct.Struct(">8I")  # magic, version, page size, checkpoint, two salts, two checksums
FRAME = struct.Struct(">6I")  # page, size of the database after a commit or 0, salts, checksums
MAGIC = 0x377F0682  # plus 1 when the checksums are over big-endian words
WORD = 0xFFFFFFFF

Sums = tuple[int, int]


class NotALog(ValueError):
    """The file is no write-ahead log, or its beginning is damaged."""


@dataclass(frozen=True)
class Log:
    """What a log holds. `frames` up to the last whole commit; `stopped`: why there are no more."""

    page_size: int
    commits: int
    frames: int
    pages: int
    stopped: str


def read(path: Path) -> Log:
    """Check a log from its beginning to its last whole commit. Raises NotALog, OSError."""
    content = path.read_bytes()
    page_size, salts, sums, order = _header(content)
    commits = whole = 0
    pages: set[int] = set()
    stopped = "the file ends"
    walk = _frames(content, page_size, salts, sums, order)
    for number, (page, size, complaint) in enumerate(walk, start=1):
        if complaint:
            stopped = f"frame {number}: {complaint}"
            break
        pages.add(page)
        if size:
            commits, whole = commits + 1, number
    return Log(page_size, commits, whole, len(pages), stopped)


def is_within(path: Path, other: Path) -> bool:
    """Whether `other` is the same log, copied at the same time or later: it has all of its commits.

    Raises NotALog, OSError.
    """
    log = read(path)
    end = HEADER.size + log.frames * (FRAME.size + log.page_size)
    return path.read_bytes()[:end] == other.read_bytes()[:end]


def _header(content: bytes) -> tuple[int, Sums, Sums, str]:
    if len(content) < HEADER.size:
        raise NotALog("it is shorter than a log's header; nothing was committed into it")
    magic, version, page_size, _, salt_1, salt_2, sum_1, sum_2 = HEADER.unpack_from(content)
    if magic & ~1 != MAGIC or version != 3007000:
        raise NotALog("it does not begin like a write-ahead log")
    order = ">" if magic & 1 else "<"
    if checksum(content[:24], (0, 0), order) != (sum_1, sum_2):
        raise NotALog("the checksum of its header is wrong")
    return page_size, (salt_1, salt_2), (sum_1, sum_2), order


def _frames(
    content: bytes, page_size: int, salts: Sums, sums: Sums, order: str
) -> Iterator[tuple[int, int, str]]:
    """Page, database size and complaint of every frame; a complaint is the last."""
    offset = HEADER.size
    while offset + FRAME.size + page_size <= len(content):
        page, size, salt_1, salt_2, sum_1, sum_2 = FRAME.unpack_from(content, offset)
        if (salt_1, salt_2) != salts:
            yield page, size, "left over from before the log began again"
            return
        data = offset + FRAME.size
        sums = checksum(content[offset : offset + 8], sums, order)
        sums = checksum(content[data : data + page_size], sums, order)
        yield page, size, "" if sums == (sum_1, sum_2) else "its checksum is wrong"
        offset = data + page_size


def checksum(data: bytes, start: Sums, order: str) -> Sums:
    """SQLite's running checksum over pairs of 32-bit words. `order`: ">" or "<"."""
    one, two = start
    words = struct.unpack(f"{order}{len(data) // 4}I", data)
    for first, second in zip(words[::2], words[1::2], strict=True):
        one = (one + first + two) & WORD
        two = (two + second + one) & WORD
    return one, two
