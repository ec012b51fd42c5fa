"""The whole shop in one command: web and worker, started, watched, stopped."""

import http.client
import os
import socket
import sys
from pathlib import Path

from bodega import __version__
from bodega.databases.exits import Exit
from bodega.databases.generations import Generation
from bodega.databases.layout import volume_directory
from bodega.databases.probe import probe
from bodega.ops.listening import listen
from bodega.ops.preparing import collect_static, migrate
from bodega.ops.supervisor import Child, Supervisor

READY_SECONDS = 60.0
# Docker sends SIGKILL ten seconds after SIGTERM; ours comes first.
STOP_SECONDS = 9.0

# A file was pulled away from under a process: the next start must look before it goes on (`leftovers`).
FATAL = frozenset({int(Exit.UNTIED)})


class DidNotStart(RuntimeError):
    """A process died or did not answer before the shop was open."""


def up(host: str, port: int, workers: int, expect: str | None = None) -> int:
    """Open the shop, keep it open until SIGTERM or SIGINT, close it. Returns the exit code.

    `expect`: the generation that must answer on this volume. Raises Refused, CannotListen, NotPrepared,
    DidNotStart: nothing is running then.
    """
    volume = volume_directory()
    ground = probe(volume, expect)
    say(f"volume    {volume} (id {ground.volume.id})")
    for warning in ground.warnings:
        say(f"warning   {warning}")
    generation = ground.join(os.environ.get("BODEGA_RELEASE", __version__))
    try:
        say(f"joined    as generation {generation.id[:8]}, beside {len(ground.peers)} others")
        os.environ["BODEGA_GENERATION"] = generation.id
        return serve(volume, generation, listen(host, port), workers)
    finally:
        generation.leave()


def serve(volume: Path, generation: Generation, listener: socket.socket, workers: int) -> int:
    """Prepare, start the processes, watch them until told to stop."""
    address = public_address(listener)
    prepare_environment(address)
    migrate(volume)
    say("tables    up to date")
    say(f"files     {'collected' if collect_static(volume) else 'already there'}")
    supervisor = Supervisor(children(listener, workers), say, fatal=FATAL)
    supervisor.listen_to_signals()
    supervisor.start()
    try:
        wait_until_open(supervisor, listener)
        if not supervisor.is_stopping:
            generation.tell("live", tuple(filter(None, (c.pid for c in supervisor.children))))
            say(f"open      {address}/")
        while not supervisor.is_stopping:
            supervisor.tick()
        generation.tell("draining")
    finally:
        listener.close()  # new visitors go elsewhere from now on
        supervisor.stop(STOP_SECONDS)
    say("closed")
    return supervisor.exit_code


def children(listener: socket.socket, workers: int) -> list[Child]:
    """The processes of a shop: `workers` web processes on one socket, and the worker."""
    bodega = [sys.executable, "-m", "bodega"]
    descriptor = listener.fileno()
    web = [*bodega, "web", "--fd", str(descriptor)]
    names = ["web"] if workers == 1 else [f"web {number}" for number in range(1, workers + 1)]
    return [
        *(Child(name, web, inherited=(descriptor,)) for name in names),
        Child("worker", [*bodega, "worker", "--grace", str(STOP_SECONDS - 1)]),
    ]


def prepare_environment(address: str) -> None:
    """What the children find in their environment, unless it was said already."""
    os.environ.setdefault("BODEGA_URL", address)
    # glibc gives each thread its own heap, which threads of a web server fill and never give back.
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")


def public_address(listener: socket.socket) -> str:
    """Where people find the shop: BODEGA_URL, or the address it listens on."""
    host, port = reachable(listener)
    shown = f"[{host}]" if ":" in host else host
    return os.environ.get("BODEGA_URL", f"http://{shown}:{port}").rstrip("/")


def reachable(listener: socket.socket) -> tuple[str, int]:
    """An address of this machine that leads to the listener."""
    host, port = listener.getsockname()[:2]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104 - compared, not bound


def wait_until_open(supervisor: Supervisor, listener: socket.socket) -> None:
    """Until the shop answers, or somebody tells us to stop. Raises DidNotStart."""
    end = supervisor.clock() + READY_SECONDS
    while not supervisor.is_stopping and not answers(*reachable(listener)):
        supervisor.tick(0.1)
        dead = [child.name for child in supervisor.children if child.process is None]
        if dead and not supervisor.is_stopping:
            raise DidNotStart(f"{dead[0]} ended before the shop was open; what it said is above.")
        if supervisor.clock() > end:
            raise DidNotStart(f"the shop did not answer within {READY_SECONDS:g} s.")


def answers(host: str, port: int) -> bool:
    """Whether `/up` says 200."""
    connection = http.client.HTTPConnection(host, port, timeout=1)
    try:
        connection.request("GET", "/up")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def say(line: str) -> None:
    """A line for the person at the terminal, or for the container's log."""
    print(f"bodega up  {line}", flush=True)
