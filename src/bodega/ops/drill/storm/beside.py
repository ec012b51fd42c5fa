"""What else happens in a shop meanwhile: a backup, an audit, a console, somebody who reads for long, and
a log that grows (no checkpoint gets past a reader)."""

import subprocess
import sys
import threading
from collections import Counter
from dataclasses import dataclass, field

from bodega.ops.drill.storm.premises import Place

PAUSE = 3.0  # seconds between two errands
QUESTION = "SELECT status, count(*), sum(total) FROM orders_order GROUP BY status"
ERRANDS: dict[str, tuple[list[str], set[int]]] = {  # words, and exit codes that are fine
    "backup": (["backup"], {0}),
    "audit": (["audit", "--json"], {0, 1}),
    "sql": (["sql", QUESTION], {0}),
    "doctor": (["doctor", "--json"], {0, 1}),
}


@dataclass
class Beside:
    """Runs one errand after the other, and keeps a reader and a writer going, until told to stop."""

    place: Place
    done: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def __enter__(self) -> "Beside":
        self._over = threading.Event()
        self._others = {part: self._other(part) for part in ("reader", "writer")}
        self._thread = threading.Thread(target=self._run, name="errands")
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        for part, process in self._others.items():
            told = process.communicate()[0]
            if process.returncode:
                self.failures.append(f"{part}: ended with exit code {process.returncode}")
            else:
                self.done[part] += int(told)

    def _run(self) -> None:
        while not self._over.is_set():
            for name, (words, codes) in ERRANDS.items():
                done = self.place.run(*words)
                self.done[name] += 1
                if done.returncode not in codes:
                    self.failures.append(f"{name}: {(done.stderr or done.stdout).strip()[-1500:]}")
                if self._over.wait(PAUSE):
                    return

    def _other(self, part: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "bodega.ops.drill.storm.ballast", part]
        with self.place.log.open("ab") as log:
            return subprocess.Popen(
                command,
                env=self.place.environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
