"""The machinery as real processes on a volume of its own: workers to start, stop and kill."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from bodega.databases.doorbell import ring
from bodega.databases.opening import open_file
from bodega.jobs.handle import stamp
from bodega.jobs.insertion import INSERT
from bodega.lib.clock import utc_now
from tests.waiting import until

ROOT = Path(__file__).parents[2]
LONG_AGO = timedelta(days=1)


class Engine:
    """One volume, and the processes that work on it."""

    def __init__(self, volume: Path) -> None:
        self.volume = volume
        self.book = volume / "book.txt"
        self._processes: list[subprocess.Popen[bytes]] = []

    def python(self, code: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start Python on this volume, with Django set up for the machinery alone."""
        before = "import bodega.databases, django; django.setup()\n"
        return self._start([sys.executable, "-c", before + code], environment)

    def worker(self, *words: str, **environment: str) -> subprocess.Popen[bytes]:
        """Start `bodega worker`; returns when it is ready to work."""
        known = set(self.workers())
        process = self._start([sys.executable, "-m", "bodega", "worker", *words], environment)
        until(lambda: set(self.workers()) - known, seconds=20)
        return process

    def manage(self, *words: str) -> None:
        """Run one of Django's commands."""
        process = self._start([sys.executable, "-m", "bodega", "manage", *words], {})
        output, _ = process.communicate(timeout=60)
        assert process.returncode == 0, output.decode()

    def put(self, task: str, *args: object, priority: int = 0) -> str:
        """Enqueue a task of tests.jobs.tasks; returns its key."""
        key, text = uuid4().hex, json.dumps({"args": args, "kwargs": {}})
        now = stamp(utc_now())
        values = (key, f"tests.jobs.tasks.{task}", text, "default", priority, now, now, "")
        self.query(INSERT, *values)
        ring("queue", self.volume)
        return key

    def query(self, sql: str, *values: object, file: str = "queue") -> list[tuple[Any, ...]]:
        """Ask one of the files."""
        with self._open(file) as connection:
            rows: list[tuple[Any, ...]] = connection.execute(sql, values).fetchall()
            return rows

    def workers(self) -> list[str]:
        """The names of the workers that have a row."""
        return [name for (name,) in self.query("SELECT id FROM jobs_worker")]

    def job(self, key: str) -> dict[str, Any]:
        """A job's row; empty when there is none."""
        with self._open("queue") as connection:
            connection.row_factory = sqlite3.Row
            row = connection.execute("SELECT * FROM jobs_job WHERE key = ?", (key,)).fetchone()
            return dict(row) if row else {}

    def lines(self, word: str = "") -> list[str]:
        """What the tasks wrote down, all or those that begin with `word`."""
        text = self.book.read_text() if self.book.exists() else ""
        return [line for line in text.splitlines() if line.startswith(word)]

    def let_go(self) -> None:
        """Let every `hold` end."""
        Path(f"{self.book}.go").touch()

    def close(self) -> None:
        """Kill what still runs."""
        for process in self._processes:
            if process.poll() is None:
                process.send_signal(signal.SIGCONT)
                process.kill()
            process.communicate()

    def _start(self, words: list[str], environment: dict[str, str]) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            words,
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={
                **os.environ,
                "BODEGA_VOLUME": str(self.volume),
                "DJANGO_SETTINGS_MODULE": "tests.jobs.engine_settings",
                "PYTHONPATH": str(ROOT),
                **environment,
            },
        )
        self._processes.append(process)
        return process

    @contextmanager
    def _open(self, file: Any) -> Iterator[sqlite3.Connection]:
        connection = open_file(file, self.volume)
        try:
            yield connection
        finally:
            connection.close()
