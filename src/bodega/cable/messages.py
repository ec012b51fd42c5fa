"""The file of cable.sqlite3: one row per message, numbered without a gap, kept for some minutes.

Numbers start at the milliseconds since 1970 of the file's making, so a file made anew goes on above
every number a browser may still remember from the old one: its next question is then answered with
"resync", never with somebody else's messages.
"""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from bodega.databases.disposable import DisposableFile, Schema
from bodega.databases.layout import volume_directory

SCHEMA = Schema(
    version=1,
    statements=(
        """CREATE TABLE message (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            channel TEXT NOT NULL,
            event TEXT NOT NULL,
            data TEXT NOT NULL,
            at REAL NOT NULL
        ) STRICT""",
        "CREATE INDEX message_by_channel ON message (channel)",
        """INSERT INTO sqlite_sequence (name, seq)
            VALUES ('message', CAST(unixepoch('now', 'subsec') * 1000 AS INTEGER))""",
    ),
)


class Message(NamedTuple):
    """One update: `data` is JSON text, `id` grows by one with every message of any channel."""

    id: int
    channel: str
    event: str
    data: str


class Messages:
    """The messages of one volume. Every method raises sqlite3.Error when the file cannot be used."""

    def __init__(self, directory: Path | None = None) -> None:
        self.file = DisposableFile("cable", SCHEMA, directory)

    def append(self, channel: str, event: str, data: str, at: float) -> int:
        """Commit one message (`at`: seconds since 1970); its number."""
        cursor = self.file.connection().execute(
            "INSERT INTO message (channel, event, data, at) VALUES (?, ?, ?, ?)",
            (channel, event, data, at),
        )
        return int(cursor.lastrowid or 0)

    def last(self) -> int:
        """The number of the newest message there ever was."""
        row = (
            self.file.connection()
            .execute("SELECT seq FROM sqlite_sequence WHERE name = 'message'")
            .fetchone()
        )
        return int(row[0])

    def forgotten(self) -> int:
        """The newest number that is no longer kept: whoever stopped before it has missed something."""
        row = self.file.connection().execute("SELECT min(id) FROM message").fetchone()
        return self.last() if row[0] is None else int(row[0]) - 1

    def after(self, number: int, limit: int) -> list[Message]:
        """The next messages of all channels, oldest first."""
        rows = self.file.connection().execute(
            "SELECT id, channel, event, data FROM message WHERE id > ? ORDER BY id LIMIT ?",
            (number, limit),
        )
        return [Message(*row) for row in rows]

    def of_channels(
        self, channels: Sequence[str], after: int, until: int, limit: int
    ) -> list[Message]:
        """What was said on these channels after one number, up to and with another, oldest first."""
        rows = self.file.connection().execute(
            """SELECT id, channel, event, data FROM message
                WHERE channel IN (SELECT value FROM json_each(?)) AND id > ? AND id <= ?
                ORDER BY id LIMIT ?""",
            (json.dumps(list(channels)), after, until, limit),
        )
        return [Message(*row) for row in rows]

    def delete_older(self, than: float, limit: int) -> int:
        """Delete at most `limit` messages of before `than` (seconds since 1970), oldest first."""
        return self._delete_first(limit, "at < ?", than)

    def delete_beyond(self, kept: int, limit: int) -> int:
        """Delete at most `limit` of the oldest messages as long as more than `kept` are there."""
        return self._delete_first(limit, "id <= ?", self.last() - kept)

    def _delete_first(self, limit: int, which: str, bound: float) -> int:
        cursor = self.file.connection().execute(
            "DELETE FROM message WHERE id IN (SELECT id FROM message ORDER BY id LIMIT ?) "  # noqa: S608
            f"AND {which}",  # one of the two conditions above
            (limit, bound),
        )
        return cursor.rowcount


_messages: dict[Path, Messages] = {}


def messages_in(directory: Path | None = None) -> Messages:
    """The process's one `Messages` of a volume."""
    directory = directory or volume_directory()
    found = _messages.get(directory)
    return found if found is not None else _messages.setdefault(directory, Messages(directory))
