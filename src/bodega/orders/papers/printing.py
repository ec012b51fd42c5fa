"""Having papers printed: keeps a press at hand while there is work, and takes its PDFs."""

import atexit
import contextlib
import json
import os
import select
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from time import monotonic
from typing import IO, Any

PATIENCE_SECONDS = 120.0
END_SECONDS = 5.0  # for a press without work to end
LENGTH_DIGITS = 8
DONE, FAILED = b"+", b"-"
Answer = tuple[bytes, bytes]  # the sign, and a PDF or why there is none
PIECE = 64 * 1024  # bytes; what a pipe takes at once


class PrintFailed(RuntimeError):
    """The press made nothing of what it was given."""


class _Gone(Exception):
    """The press has ended."""


class Press:
    """A process that prints (`papers.press`), so that the caller stays as small as it was.

    Started when it is needed, which takes longer than fifty papers; it ends by itself after some seconds
    without work, and with the process that started it.
    """

    def __init__(self, words: Sequence[str], patience: float = PATIENCE_SECONDS) -> None:
        """`words`: its command line; `patience`: seconds for one run."""
        self._words = words
        self._patience = patience
        self._turn = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._deadline = 0.0

    @property
    def pid(self) -> int | None:
        """The process that was started last; None when there is none to go on with."""
        return self._process.pid if self._process else None

    def print(self, contents: Sequence[Mapping[str, Any]]) -> list[bytes]:
        """The PDFs of some papers, in their order. Raises PrintFailed."""
        said = json.dumps(list(contents)).encode()
        said = f"{len(said):0{LENGTH_DIGITS}d}".encode() + said
        with self._turn:
            answers = self._answers(said, len(contents))
        for sign, answer in answers:
            if sign == FAILED:
                raise PrintFailed(answer.decode(errors="replace")[-2000:].strip())
        return [pdf for _, pdf in answers]

    def close(self) -> None:
        """Let it end, if there is one."""
        with self._turn:
            self._end()

    def _answers(self, said: bytes, count: int) -> list[Answer]:
        self._deadline = monotonic() + self._patience
        if self._process is not None:
            with contextlib.suppress(_Gone):  # it had no work for a while
                return self._run(self._process, said, count)
        self._process = process = self._start()
        try:
            return self._run(process, said, count)
        except _Gone:
            raise PrintFailed(f"the press ended with exit code {process.returncode}") from None

    def _start(self) -> "subprocess.Popen[bytes]":
        process = subprocess.Popen(
            self._words,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for whoever hands it work
        )
        os.set_blocking(_pipe(process.stdin).fileno(), False)
        # Whenever it ends, somebody takes note of it at once: nothing stays in the process table.
        threading.Thread(target=process.wait, name="press", daemon=True).start()
        return process

    def _run(self, process: "subprocess.Popen[bytes]", said: bytes, count: int) -> list[Answer]:
        is_whole = False
        try:
            self._tell(_pipe(process.stdin).fileno(), said)
            answers = [self._answer(_pipe(process.stdout).fileno()) for _ in range(count)]
            is_whole = True
            return answers
        finally:
            if not is_whole:  # nobody goes on where a conversation broke off
                self._end()

    def _tell(self, pipe: int, said: bytes) -> None:
        while said:
            self._wait([], [pipe])
            try:
                said = said[os.write(pipe, said[:PIECE]) :]
            except BrokenPipeError:
                raise _Gone from None

    def _answer(self, pipe: int) -> Answer:
        head = self._read(pipe, 1 + LENGTH_DIGITS)
        return head[:1], self._read(pipe, int(head[1:]))

    def _read(self, pipe: int, length: int) -> bytes:
        pieces = []
        while length:
            self._wait([pipe], [])
            piece = os.read(pipe, min(length, PIECE))
            if not piece:
                raise _Gone
            pieces.append(piece)
            length -= len(piece)
        return b"".join(pieces)

    def _wait(self, reading: list[int], writing: list[int]) -> None:
        left = max(0.0, self._deadline - monotonic())
        if not any(select.select(reading, writing, [], left)):
            raise PrintFailed(f"no PDF within {self._patience:g} s")

    def _end(self) -> None:
        """Let it go, and see that it does."""
        process, self._process = self._process, None
        if process is None:
            return
        _pipe(process.stdin).close()
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        _pipe(process.stdout).close()


def _pipe(end: IO[bytes] | None) -> IO[bytes]:
    assert end is not None
    return end


_press = Press([sys.executable, "-m", "bodega.orders.papers.press"])
atexit.register(_press.close)


def print_papers(contents: Sequence[Mapping[str, Any]]) -> list[bytes]:
    """The PDFs of some papers, in their order: some milliseconds for each, and a fifth of a second when
    the press must be started. Raises PrintFailed.
    """
    return _press.print(contents)
