"""The two ways to deploy: a generation on the same socket, and a container beside a container."""

import contextlib
import os
import random
import shlex
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from bodega.databases import story
from bodega.ops.drill.incident.premises import DrillBroke
from bodega.ops.drill.storm.kernel import children, kill_family
from bodega.ops.drill.storm.premises import Place
from bodega.ops.drill.storm.switching import Switch
from bodega.ops.showcase import free_port

LIVE_SECONDS = 150.0  # on a machine that has other things to do
LOOK_SECONDS = 0.02
SWITCHED_SECONDS = 1.0  # between the switch and SIGTERM; Kamal drains first and takes longer
STOP_SECONDS = 14.0

Found = TypeVar("Found")


class DidNotComeUp(RuntimeError):
    """The new generation did not go live; the message says why."""


class Side(Protocol):
    """A part of the street on which generations follow each other."""

    name: str
    address: tuple[str, int]

    def deploy(self) -> None:
        """Return when a new generation serves. Raises DidNotComeUp."""

    def kill_one(self, chance: random.Random) -> bool:
        """SIGKILL for one of its generations; False when there is none."""

    def close(self) -> None:
        """Close this side of the shop in good order."""


class Socket:
    """`bodega up`, and generations on its socket. SIGHUP asks for a deploy, as `bodega deploy` does: the
    volume's ear belongs to whichever supervisor was started last, and that is a container's."""

    name = "socket"

    def __init__(self, place: Place) -> None:
        self._place = place
        self.address = ("127.0.0.1", place.port)
        self._process = started(place, ["up", "--port", str(place.port)], place.environment)
        until_up(place.port, self._process)

    def deploy(self) -> None:
        """The same code again, on the same socket."""
        known = {each.key for each in self._chapters()}
        self._process.send_signal(signal.SIGHUP)
        chapter = wait_for(lambda: self._latest_of(known))
        if chapter is None or not chapter.live:
            raise DidNotComeUp(chapter.why if chapter else f"not live after {LIVE_SECONDS:.0f} s")

    def kill_one(self, chance: random.Random) -> bool:
        """One of the generations, with its web process and its worker; `bodega up` stays."""
        found = children(self._process.pid)
        if found:
            kill_family(chance.choice(found))
        return bool(found)

    def close(self) -> None:
        end(self._process, self._process.pid)

    def _chapters(self) -> list[story.Chapter]:
        return [each for each in story.read(self._place.volume) if each.pid == self._process.pid]

    def _latest_of(self, known: set[str]) -> story.Chapter | None:
        """The first new generation that has come to something."""
        if self._process.poll() is not None:
            raise DrillBroke(f"bodega up ended by itself; it said last:\n{self._place.said}")
        new = [each for each in self._chapters() if each.key not in known]
        return next((each for each in reversed(new) if each.live or each.gone), None)


class Undrained(Socket):
    """The control: whoever serves is killed the moment that the new one does."""

    name = "socket without drain"

    def deploy(self) -> None:
        """As if SIGTERM, and the patience after it, had never been thought of."""
        older = children(self._process.pid)
        super().deploy()
        for each in older:
            kill_family(each)


class Containers:
    """`bodega up` in a pid and mount namespace of its own, one after the other, behind a switch."""

    name = "container"

    def __init__(self, place: Place) -> None:
        self._place = place
        self._switch = Switch()
        self.address = self._switch.address
        self._living: list[Container] = []
        self._leaving: list[threading.Thread] = []
        self.deploy()

    def deploy(self) -> None:
        """Start the new one, wait until it answers, switch, stop the old ones."""
        new = Container(self._place)
        self._living.append(new)
        try:
            until_up(new.port, new.process)
        except DidNotComeUp:
            self._leave(new)
            raise
        self._switch.target = ("127.0.0.1", new.port)
        for old in [each for each in self._living if each is not new and not each.is_leaving]:
            old.is_leaving = True
            thread = threading.Thread(target=self._leave, args=(old, SWITCHED_SECONDS))
            thread.start()
            self._leaving.append(thread)

    def kill_one(self, chance: random.Random) -> bool:
        """Everything in one of the containers, its process 1 first."""
        found = [each for each in self._living if each.first]
        if found:
            chance.choice(found).kill()
        return bool(found)

    def close(self) -> None:
        for each in self._leaving:
            each.join()
        for container in list(self._living):
            self._leave(container)
        self._switch.close()

    def _leave(self, container: "Container", pause: float = 0.0) -> None:
        time.sleep(pause)
        container.stop()
        self._living.remove(container)


class Container:
    """One of them. The volume is mounted at another place than outside, as Docker does it."""

    def __init__(self, place: Place) -> None:
        self.port = free_port()
        self.is_leaving = False
        mount = place.scratch / f"container-{self.port}"
        mount.mkdir(exist_ok=True)
        self.process = started(
            place,
            ["up", "--port", str(self.port)],
            {**place.environment, "BODEGA_VOLUME": str(mount)},
            before=namespaces(place.volume, mount),
        )

    @property
    def first(self) -> int:
        """The process id, outside, of process 1 inside; 0 when there is none."""
        return next(iter(children(self.process.pid)), 0)

    def stop(self) -> None:
        """`docker stop`."""
        end(self.process, self.first)

    def kill(self) -> None:
        """The kernel ends everybody in a pid namespace with its process 1."""
        if self.first:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.first, signal.SIGKILL)


def namespaces(volume: Path, mount: Path) -> list[str]:
    """The words that make a container of the command behind them."""
    spaces = ["--mount", "--pid", "--fork", "--mount-proc", "--kill-child"]
    rootless = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    bind = f'mount --bind {shlex.quote(str(volume))} {shlex.quote(str(mount))} && exec "$@"'
    return ["unshare", *spaces, *rootless, "sh", "-c", bind, "container"]


def can_contain(scratch: Path) -> bool:
    """Whether this user may make namespaces here."""
    one, other = scratch / "one", scratch / "other"
    for folder in (one, other):
        folder.mkdir(exist_ok=True)
    try:
        done = subprocess.run(
            [*namespaces(one, other), "true"], capture_output=True, check=False, timeout=10
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0


def started(
    place: Place, words: list[str], environment: dict[str, str], before: list[str] | None = None
) -> "subprocess.Popen[bytes]":
    """A verb of `bodega` that runs on; what it says goes to the log."""
    command = [*(before or []), sys.executable, "-m", "bodega", *words]
    with place.log.open("ab") as log:
        return subprocess.Popen(
            command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )


def end(process: "subprocess.Popen[bytes]", first: int) -> None:
    """SIGTERM to process `first`, SIGKILL when it takes too long."""
    if first:
        with contextlib.suppress(ProcessLookupError):
            os.kill(first, signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        kill_family(process.pid)
        process.wait()


def until_up(port: int, process: "subprocess.Popen[bytes]") -> None:
    """Ask `/up` as a proxy does. Raises DidNotComeUp."""

    def look() -> bool:
        if process.poll() is not None:
            raise DidNotComeUp(f"it ended (exit code {process.returncode})")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/up", timeout=5) as answer:
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            return False

    if not wait_for(look):
        raise DidNotComeUp(f"it did not answer within {LIVE_SECONDS:.0f} s")


def wait_for(look: Callable[[], Found]) -> Found:
    """What is seen as soon as it is something; the last look when time is over."""
    until = time.monotonic() + LIVE_SECONDS
    while not (found := look()) and time.monotonic() < until:
        time.sleep(LOOK_SECONDS)
    return found
