"""A shop that runs under `bodega up` on a scratch volume, for tests that deploy on it."""

import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.processes.family import family
from tests.waiting import until

SOURCES = Path(__file__).parents[2] / "src" / "bodega"
BODEGA = [sys.executable, "-m", "bodega"]


@dataclass
class Shop:
    """A running `bodega up`, and what it said."""

    folder: Path
    environment: dict[str, str]
    process: "subprocess.Popen[bytes]"
    is_small: bool = False

    @property
    def said(self) -> str:
        return (self.folder / "log").read_text()

    @property
    def port(self) -> int:
        found = re.search(r"open +http://127.0.0.1:(\d+)/", self.said)
        assert found, self.said
        return int(found[1])

    @property
    def volume(self) -> Path:
        return Path(self.environment["BODEGA_VOLUME"])

    @property
    def processes(self) -> dict[str, int]:
        return family(self.process.pid)

    @property
    def generation(self) -> str:
        """The id of the generation that answers now."""
        return str(json.loads(self.get("/-/volume")[1])["generation"])

    def get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def run(self, *words: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        """A verb of bodega's on this volume."""
        return subprocess.run(
            [*BODEGA, *words],
            env={**self.environment, **environment},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def start(self, *words: str) -> "subprocess.Popen[bytes]":
        """A verb of bodega's that runs on; the caller ends it."""
        return subprocess.Popen([*BODEGA, *words], env=self.environment, stdout=subprocess.DEVNULL)

    def deploy(self, *words: str) -> tuple[int, dict[str, Any]]:
        """Exit code and last word of `bodega deploy --json`."""
        done = self.run("deploy", "--json", *words)
        assert done.stdout, done.stderr
        return done.returncode, json.loads(done.stdout)

    def status(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(self.run("status", "--json").stdout)
        return told

    def release(self, name: str) -> Path:
        """A copy of this code, for a test to change."""
        folder = self.folder / name
        ignored = shutil.ignore_patterns("__pycache__", "demo", "drill")
        shutil.copytree(SOURCES, folder / "src" / "bodega", ignore=ignored)
        return folder

    def close(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)


def environment(volume: Path, **more: str) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("BODEGA", "DJANGO"))}
    return {
        **inherited,
        "BODEGA_VOLUME": str(volume),
        "BODEGA_MODE": "test",  # no compressed static files: ten seconds less
        "BODEGA_FAKESTRIPE_URL": "http://127.0.0.1:9",
        "STRIPE_WEBHOOK_SECRET": "whsec_test",
        **more,
    }


@contextmanager
def opened(folder: Path, *words: str, before: tuple[str, ...] = (), **more: str) -> Iterator[Shop]:
    """A shop that is open. `before`: what comes before `bodega` on the command line."""
    settings = environment(folder / "volume", **more)
    init = [*BODEGA, "init", settings["BODEGA_VOLUME"]]
    subprocess.run(init, env=settings, check=True, capture_output=True)
    with (folder / "log").open("wb") as output:
        process = subprocess.Popen(
            [*before, *BODEGA, "up", "--port", "0", *words],
            env=settings,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    shop = Shop(folder, settings, process)
    try:
        until(lambda: " open " in shop.said or process.poll() is not None, 90)
        assert process.poll() is None, shop.said
        yield shop
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@dataclass
class Visitors:
    """Clients that never try again: half on kept-alive connections, half on fresh ones."""

    port: int
    count: int = 6
    answered: int = 0
    failures: list[str] = field(default_factory=list)

    def __enter__(self) -> "Visitors":
        self._gone = threading.Event()
        self._threads = [
            threading.Thread(target=self._visit, args=(number % 2 == 0,))
            for number in range(self.count)
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._gone.set()
        for thread in self._threads:
            thread.join()

    def _visit(self, is_kept: bool) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        while not self._gone.wait(0.01):
            try:
                connection.request("GET", "/cart/")  # never kept: Django answers
                answer = connection.getresponse()
                answer.read()
                if answer.status != 200:
                    self.failures.append(f"{answer.status}")
            except (OSError, http.client.HTTPException) as error:
                self.failures.append(repr(error))
                connection.close()
            self.answered += 1
            if not is_kept:
                connection.close()
        connection.close()
