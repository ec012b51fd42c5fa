"""What the cache does while its file cannot be used: it misses, says so once a minute, and rests.

A rest of a second keeps a broken disk, or a lock held for ever, from costing every request its own
five seconds of waiting. When a *write* has failed, a deletion may be missing from the file: after such
an outage the cache starts empty, so that nothing outdated is served.
"""

import logging
import sqlite3
import time
from collections.abc import Callable

from bodega.cache.entries import Entries
from bodega.databases.disposable import Complaint

logger = logging.getLogger("bodega.cache")

REST_SECONDS = 1.0


class Outage:
    """Whether one cache file can be used at present. One per process and file."""

    def __init__(self, entries: Entries, clock: Callable[[], float] = time.monotonic) -> None:
        self._entries = entries
        self._clock = clock
        self._complaint = Complaint(logger)
        self._until = 0.0
        self._is_outdated = False
        self.is_on = False

    def begin(self, error: sqlite3.Error | OSError, *, was_write: bool) -> None:
        """Take note of a failure. Raises it again when it is none that a cache may shrug off."""
        reason = self._entries.file.mend(error)
        self.is_on = True
        self._until = self._clock() + REST_SECONDS
        self._is_outdated = self._is_outdated or was_write
        self._complaint.say(
            f"The cache cannot be used: {reason} ({error}). Everything is computed anew meanwhile. "
            f"File: {self._entries.file.path}"
        )

    def is_over(self) -> bool:
        """Whether the file can be used again, trying at most once a second."""
        if self._clock() < self._until:
            return False
        try:
            if self._is_outdated:
                self._entries.clear()
            self.is_on = self._is_outdated = False
        except (sqlite3.Error, OSError) as error:
            self.begin(error, was_write=True)
            return False
        return True
