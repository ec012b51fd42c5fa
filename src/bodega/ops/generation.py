"""One generation of the shop: the process that answers for it (design 6.2).

It is of the release that it runs, so everything that depends on the release happens here: the probe,
the migrations, the static files, which processes there are. `bodega up`, which may be older, only holds
the socket, and talks with it by a wire (`bodega.ops.started`).
"""

import os
import socket
import time
from collections.abc import Callable
from functools import partial

from bodega.databases.elders import elders, is_superseded
from bodega.databases.exits import Exit
from bodega.databases.generations import Generation
from bodega.databases.layout import volume_directory
from bodega.databases.pause import Watch
from bodega.databases.probe import Refused, probe
from bodega.lib.wire import Wire
from bodega.ops.crew import Crew
from bodega.ops.listening import public_address
from bodega.ops.preparing import NotPrepared, collect_static, migrate
from bodega.ops.supervisor import Supervisor
from bodega.ops.terms import Terms

LOOK_SECONDS = 0.25
# A file was pulled away from under a process: the next start must look before it goes on (`leftovers`).
FATAL = frozenset({int(Exit.UNTIED)})


class DidNotStart(RuntimeError):
    """A process died before the generation was ready."""


def lead(listener: socket.socket, wire: Wire, terms: Terms, expect: str | None) -> int:
    """Be a generation until told to end. Returns the exit code; a refusal is told and returned.

    `expect`: the generation that must answer on this volume.
    """
    try:
        return _lead(listener, wire, terms, expect)
    except Refused as refusal:
        wire.tell(step="refused", why=str(refusal))
        return int(refusal.code)
    except (NotPrepared, DidNotStart) as failure:
        wire.tell(step="refused", why=str(failure))
        return 1


def _lead(listener: socket.socket, wire: Wire, terms: Terms, expect: str | None) -> int:
    volume = volume_directory()
    ground = probe(volume, expect)
    wire.tell(
        step="probed", volume=str(volume), identity=ground.volume.id, warnings=ground.warnings
    )
    generation = ground.join(os.environ["BODEGA_RELEASE"])
    try:
        wire.tell(step="joined", id=generation.id, beside=len(ground.peers))
        os.environ["BODEGA_GENERATION"] = generation.id
        _prepare_environment(listener, terms)
        supervisor = Supervisor([], fatal=FATAL, hung_seconds=terms.hung)
        supervisor.listen_to_signals()
        _wait_for_room(supervisor, generation, wire, terms.limit)
        if supervisor.is_stopping:
            return 0
        migrate(beside=bool(ground.peers))
        wire.tell(step="tables")
        wire.tell(step="files", is_new=collect_static(volume))
        if terms.is_small:
            from bodega.ops.small import serve

            return serve(listener.fileno(), wire, generation, terms.drain)
        return Tenure(generation, wire, supervisor, terms).serve(listener)
    finally:
        generation.leave()


def _prepare_environment(listener: socket.socket, terms: Terms) -> None:
    """What the processes find in their environment, unless it was said already."""
    os.environ.setdefault("BODEGA_URL", public_address(listener))
    os.environ["BODEGA_DRAIN_SECONDS"] = f"{terms.drain:g}"
    # glibc gives each thread its own heap, which threads of a web server fill and never give back.
    os.environ.setdefault("MALLOC_ARENA_MAX", "2")


def _wait_for_room(supervisor: Supervisor, generation: Generation, wire: Wire, limit: int) -> None:
    """Until fewer than `limit` older generations live, under whatever supervisor."""
    while not supervisor.is_stopping and wire.is_open:
        before = len(elders(generation.register, generation.id))
        if before < limit:
            return
        wire.tell(step="waiting", beside=before)
        supervisor.tick(LOOK_SECONDS, also=[wire])


class Tenure:
    """From the first process of a generation to the last."""

    def __init__(
        self, generation: Generation, wire: Wire, supervisor: Supervisor, terms: Terms
    ) -> None:
        self._generation, self._wire, self._supervisor = generation, wire, supervisor
        self._terms = terms
        self._pause = Watch(volume_directory())
        self._looked = 0.0
        self._troubles: list[str] = []

    def serve(self, listener: socket.socket) -> int:
        """Start the processes, wait to be opened, watch them until told to stop."""
        crew = Crew(listener.fileno(), self._terms)
        supervisor, say = self._supervisor, self._supervisor.say
        supervisor.children[:] = crew.children
        supervisor.say = self._troubles.append  # until it is open, the first death is the end
        supervisor.start()
        try:
            self._until(crew.is_ready, crew)
            self._tell(step="ready")
            self._until(partial(self._is_told, "open"), crew)
            crew.open()
            supervisor.say = say
            self._until(crew.is_open, crew)
            if not supervisor.is_stopping:
                self._generation.tell("live", crew.pids)
                self._tell(step="open")
            while not supervisor.is_stopping:
                self._look_after(crew)
            self._generation.note("draining")
        finally:
            listener.close()  # new visitors go elsewhere from now on
            supervisor.stop(self._terms.drain + 1)
            self._tell(**crew.told())
        return supervisor.exit_code

    def _until(self, is_so: Callable[[], bool], crew: Crew) -> None:
        """Watch until it is so, or we are told to stop. Raises DidNotStart."""
        while not self._supervisor.is_stopping and not is_so():
            self._turn(crew)
            if crew.dead and not self._supervisor.is_stopping:
                raise DidNotStart(crew.why or self._trouble())

    def _trouble(self) -> str:
        """What became of the first process that died."""
        return f"before it was ready, {self._troubles[0].partition(';')[0].rstrip('.')}"

    def _is_told(self, word: str) -> bool:
        return any(each.get("do") == word for each in self._wire.heard())

    def _look_after(self, crew: Crew) -> None:
        """One turn: watch the processes; the worker rests while a newer one works, or in a pause."""
        self._turn(crew)
        self._wire.heard()
        now = time.monotonic()
        if now - self._looked < LOOK_SECONDS:
            return
        self._looked = now
        is_newer = is_superseded(self._generation.register, self._generation.id)
        rests = is_newer or self._pause.pause() is not None
        self._supervisor.want(crew.worker, not rests)

    def _turn(self, crew: Crew) -> None:
        self._supervisor.tick(LOOK_SECONDS, also=[self._wire])
        self._tell(**crew.told())
        if not self._wire.is_open:
            self._supervisor.is_stopping = True  # nobody watches us any more

    def _tell(self, **word: object) -> None:
        self._wire.tell(**word)
