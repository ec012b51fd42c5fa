"""A wire between a process and the one that started it: JSON objects, a line each, both ways.

Nobody waits for anybody: what cannot be sent at once is sent with the next word. The two ends may run
different releases, so unknown words are ignored and every field is optional (design 2, habit 16).
"""

import json
import os
import socket
from typing import Any, Protocol

PIECE_BYTES = 65_536
MOST_UNSENT = 65_536  # bytes; whoever does not listen for so long hears of the latest only

Word = dict[str, Any]


class Talk(Protocol):
    """What a process needs of its wire, or of something in front of it."""

    @property
    def is_open(self) -> bool:
        """Whether somebody is at the other end."""

    def fileno(self) -> int:
        """Readable when there is something to hear."""

    def tell(self, **word: Any) -> None:
        """Say something."""

    def heard(self) -> list[Word]:
        """What was said since the last call."""


class Wire:
    """One end. For one thread at a time."""

    def __init__(self, end: socket.socket) -> None:
        end.setblocking(False)
        self._end = end
        self._unread = self._unsent = b""
        self.is_open = True

    @classmethod
    def inherited(cls, descriptor: int) -> "Wire":
        """The child's end, by the number it was given; its own children do not get it."""
        os.set_inheritable(descriptor, False)
        return cls(socket.socket(fileno=descriptor))

    def fileno(self) -> int:
        """Readable when there is something to hear, or nobody at the other end any more."""
        return self._end.fileno()

    def tell(self, **word: Any) -> None:
        """Say something; never waits, never fails."""
        if not self.is_open:
            return
        if len(self._unsent) < MOST_UNSENT:
            self._unsent += json.dumps(word).encode() + b"\n"
        try:
            sent = self._end.send(self._unsent, getattr(socket, "MSG_NOSIGNAL", 0))
            self._unsent = self._unsent[sent:]
        except BlockingIOError:
            return
        except OSError:
            self.is_open = False

    def heard(self) -> list[Word]:
        """What was said since the last call. `is_open` is False once the other end is gone."""
        while self.is_open:
            try:
                piece = self._end.recv(PIECE_BYTES)
            except BlockingIOError:
                break
            except OSError:
                piece = b""
            self.is_open = bool(piece)
            self._unread += piece
        *lines, self._unread = self._unread.split(b"\n")
        return [json.loads(line) for line in lines if line]

    def close(self) -> None:
        """Hang up; harmless when done already."""
        self.is_open = False
        self._end.close()


def pair() -> tuple[Wire, socket.socket]:
    """Our end, and the one that a child inherits: pass its `fileno()`, then close it."""
    ours, theirs = socket.socketpair()
    return Wire(ours), theirs
