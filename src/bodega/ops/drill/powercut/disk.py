"""What a disk may hold after the power failed: everything synced, and of the rest whatever it likes.

A write that no finished sync covers may be there, may not be there, or may be there in part: in pieces
of 512 bytes (a sector) or 4 KiB (a page of the cache), each for itself, whatever came before or after.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from bodega.ops.drill.powercut.recording import (
    ACKNOWLEDGED,
    DATABASE,
    LOG,
    SYNC,
    TRUNCATE,
    WRITE,
    Event,
    Recording,
)

PIECES = (512, 4096)
# How likely it is that something unsynced is there all the same; of the rest, a part is torn.
LIKELIHOODS = (0.0, 0.0, 0.3, 0.5, 0.9, 1.0)
TORN = 0.3


@dataclass(frozen=True)
class Disk:
    """The two files after the cut, and who had been told "thank you" before it."""

    database: bytes
    log: bytes
    acknowledged: frozenset[str]


@dataclass(frozen=True)
class Weather:
    """How this cut treats what was not synced."""

    chance: random.Random
    likelihood: float
    piece: int

    def survivors(self, event: Event) -> list[tuple[int, int]]:
        """Which parts of an unsynced write are there, as (from, to) in its data."""
        length = len(event.data)
        if self.chance.random() < self.likelihood:
            return [(0, length)]
        if self.chance.random() >= TORN:
            return []
        first = -event.offset % self.piece or self.piece
        edges = [0, *range(first, length, self.piece), length]
        return [pair for pair in pairwise(edges) if self.chance.random() < 0.5]


def cut(recording: Recording, moment: int, chance: random.Random) -> Disk:
    """The disk when the power fails after the first `moment` events."""
    past = recording.events[:moment]
    weather = Weather(chance, chance.choice(LIKELIHOODS), chance.choice(PIECES))
    files = {DATABASE: bytearray(recording.database), LOG: bytearray(recording.log)}
    synced = covered(past)
    for event in past:
        if event.what in (WRITE, TRUNCATE) and event.place in files:
            _apply(files[event.place], event, event.number < synced[event.place], weather)
    told = frozenset([*recording.tokens, *acknowledged(past)])
    return Disk(bytes(files[DATABASE]), bytes(files[LOG]), told)


def covered(past: Iterable[Event]) -> dict[int, int]:
    """For each file, the number below which every write is on the disk."""
    synced = {DATABASE: 0, LOG: 0}
    for event in past:
        if event.what == SYNC and event.place in synced:
            synced[event.place] = max(synced[event.place], event.covers)
    return synced


def acknowledged(past: Sequence[Event]) -> list[str]:
    """The tokens that were acknowledged."""
    return [event.data.decode().strip() for event in past if event.place == ACKNOWLEDGED]


def _apply(file: bytearray, event: Event, is_synced: bool, weather: Weather) -> None:
    if event.what == TRUNCATE:
        if is_synced or weather.chance.random() < weather.likelihood:
            _cut_or_extend(file, event.offset)
        return
    for start, end in [(0, len(event.data))] if is_synced else weather.survivors(event):
        if event.offset + end > len(file):
            _cut_or_extend(file, event.offset + end)
        file[event.offset + start : event.offset + end] = event.data[start:end]


def _cut_or_extend(file: bytearray, length: int) -> None:
    del file[length:]
    file.extend(bytes(length - len(file)))
