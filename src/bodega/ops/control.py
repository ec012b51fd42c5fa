"""The supervisor's ear: a Unix socket in the volume, at which other commands ask (`bodega deploy`).

One JSON object is asked, and objects are answered until the other end is closed. Only the shop's own
user and root may ask. When several supervisors serve one volume, the one that began last has the ear.
"""

import contextlib
import os
import select
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

from bodega.lib.wire import Wire, Word

NAME = "control"
CALLERS = 64
CREDENTIALS = struct.Struct("3i")  # struct ucred: pid, uid, gid; unix(7)
LONGEST_PATH = 100  # bytes; sun_path has 108


class NobodyAnswers(RuntimeError):
    """No supervisor runs on this volume, or it has stopped listening; the message says what to do."""


class Control:
    """The listening end, and who has called but not asked yet."""

    def __init__(self, directory: Path) -> None:
        """Raises OSError."""
        self.callers: list[Wire] = []
        self._path = directory / "locks" / NAME
        self._path.parent.mkdir(exist_ok=True)
        self._path.unlink(missing_ok=True)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            with _address(self._path) as address:
                self._socket.bind(address)
        finally:
            os.umask(before)
        self._inode = self._path.stat().st_ino
        self._socket.listen(CALLERS)
        self._socket.setblocking(False)

    def fileno(self) -> int:
        """Readable when somebody calls."""
        return self._socket.fileno()

    def questions(self) -> list[tuple[Wire, Word]]:
        """What was asked since the last call, and by whom: the wire is the caller's to close."""
        with contextlib.suppress(BlockingIOError):
            while True:
                end, _ = self._socket.accept()
                if _may_ask(end):
                    self.callers.append(Wire(end))
                else:
                    end.close()
        asked = []
        for caller in list(self.callers):
            words = caller.heard()
            if words or not caller.is_open:
                self.callers.remove(caller)
            if words:
                asked.append((caller, words[0]))
            elif not caller.is_open:
                caller.close()
        return asked

    def close(self) -> None:
        """Stop listening; somebody else's ear at the same place stays."""
        self._socket.close()
        for caller in self.callers:
            caller.close()
        with contextlib.suppress(
            OSError
        ):  # gone already, or the disk is read-only: it says nothing
            if self._path.stat().st_ino == self._inode:
                self._path.unlink()


def _may_ask(end: socket.socket) -> bool:
    if not hasattr(socket, "SO_PEERCRED"):
        return True  # macOS: the file's permissions decide
    told = end.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
    _, uid, _ = CREDENTIALS.unpack(told)
    return uid in {0, os.geteuid()}


def ask(directory: Path, **question: object) -> Iterator[Word]:
    """Ask the supervisor of a volume; its answers, one after the other. Raises NobodyAnswers."""
    end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _address(directory / "locks" / NAME) as address:
            end.connect(address)
    except PermissionError:
        end.close()
        raise NobodyAnswers(
            f"the shop on {directory} belongs to another user; ask as that one."
        ) from None
    except OSError:
        end.close()
        raise NobodyAnswers(
            f"no shop is open on {directory}. Open it: bodega up (BODEGA_VOLUME says where it lies)."
        ) from None
    wire = Wire(end)
    wire.tell(**question)
    try:
        while wire.is_open:
            select.select([wire], [], [])
            yield from wire.heard()
    finally:
        wire.close()


@contextlib.contextmanager
def _address(path: Path) -> Iterator[str]:
    """The path, or a short name for it where it is too long for a socket."""
    if len(os.fsencode(path)) <= LONGEST_PATH:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
