"""A generation in one process, for a machine with little memory: web and worker share it.

The worker (with relay, scheduler and keeper) is a thread beside the event loop. It shares Python's lock
with the web threads: less throughput, and half the memory (docs/running.md).
"""

import os
import threading
import time

from bodega.databases.elders import is_superseded
from bodega.databases.generations import Generation
from bodega.databases.layout import volume_directory
from bodega.databases.library import refuse_second
from bodega.databases.pause import Watch
from bodega.databases.trust import trust
from bodega.lib.wire import Wire, Word

LOOK_SECONDS = 0.25
JOBS_AT_A_TIME = 1


def serve(descriptor: int, wire: Wire, generation: Generation, drain: float) -> int:
    """Serve and work until SIGTERM. Returns the exit code."""
    from bodega.web.server import serve as serve_web  # imports Django, which sets itself up

    helper = Helper(generation, drain)
    told = Said(wire, helper, generation)
    try:
        code = serve_web(descriptor, wire=told, on_drain=helper.close)
    except SystemExit:  # it could not start, and has said why
        refuse_second()
        code = 1
    abandoned = helper.stop()
    if abandoned:
        os._exit(trust.exit_code(1))  # a thread that still runs a job would be waited for
    return trust.exit_code(code)


class Said:
    """The wire, with what the rest of the process has to add."""

    def __init__(self, wire: Wire, helper: "Helper", generation: Generation) -> None:
        self._wire, self._helper, self._generation = wire, helper, generation

    @property
    def is_open(self) -> bool:
        return self._wire.is_open

    def fileno(self) -> int:
        return self._wire.fileno()

    def heard(self) -> list[Word]:
        return self._wire.heard()

    def tell(self, **word: object) -> None:
        """As the wire, after what the word means for the rest was done."""
        if word.get("step") == "open":
            self._generation.tell("live", (os.getpid(),))
            self._helper.start()
        helper = self._helper
        self._wire.tell(**word, works=helper.works, rests=helper.rests, pids=[os.getpid()])


class Helper:
    """The worker's thread: there as long as no newer generation works and the shop is not paused."""

    def __init__(self, generation: Generation, grace: float) -> None:
        self._generation, self._grace = generation, grace
        self._pause = Watch(volume_directory())
        self._end = threading.Event()
        self._rest = threading.Event()
        self._abandoned = 0
        self._thread = threading.Thread(target=self._work, name="worker", daemon=True)
        self._watcher = threading.Thread(target=self._watch, name="watcher", daemon=True)
        self.works = self.rests = False

    def start(self) -> None:
        """From now on it works."""
        self._thread.start()
        self._watcher.start()

    def close(self) -> None:
        """The shop closes: no new work. For a signal handler."""
        self._end.set()
        self._rest.set()
        self._generation.tell("draining")

    def stop(self) -> int:
        """End; how many jobs had to be abandoned."""
        self._end.set()
        self._rest.set()
        if self._thread.is_alive():
            self._thread.join(self._grace)
            self._watcher.join()
            return self._abandoned or int(self._thread.is_alive())
        return self._abandoned

    def _watch(self) -> None:
        while not self._end.wait(LOOK_SECONDS):
            self.rests = self._should_rest()
            if self.rests:
                self._rest.set()

    def _work(self) -> None:
        from bodega.outbox.worker import run_worker
        from bodega.payments.opening import ask_for_sweep

        ask_for_sweep()
        while not self._end.is_set():
            if self._should_rest():
                time.sleep(LOOK_SECONDS)
                continue
            self._rest.clear()
            self.works = True
            self._abandoned = run_worker(
                self._rest, threads=JOBS_AT_A_TIME, grace=max(0.5, self._grace - 1)
            )
            self.works = False

    def _should_rest(self) -> bool:
        is_newer = is_superseded(self._generation.register, self._generation.id)
        return is_newer or self._pause.pause() is not None
