"""May a process of the shop begin that nobody has asked for: `bodega web`, `bodega worker` on their own?

`bodega up` probes the volume before it starts its processes. Whoever starts one by hand, or from a unit
of systemd, gets the same questions (15–30 ms), and the same refusals.
"""

import os
import sys
from pathlib import Path

from bodega.databases.generations import whereabouts
from bodega.databases.probe import probe
from bodega.databases.register import process_of
from bodega.databases.volume import read_identity


def admit(verb: str, volume: Path) -> None:
    """Return when a process may begin on the volume. Raises Refused, VolumeError."""
    if is_asked_for(volume, os.environ.get("BODEGA_GENERATION", ""), os.getppid()):
        read_identity(volume)
        return
    ground = probe(volume)
    ground.register.close()
    for warning in ground.warnings:
        print(f"bodega {verb}: {warning}", file=sys.stderr)


def is_asked_for(volume: Path, generation: str, parent: int) -> bool:
    """Whether the process `parent` is the one that has probed the volume as this generation.

    The name alone proves nothing: an environment is easily handed on, to another volume too.
    """
    return bool(generation) and process_of(volume, generation) == (parent, whereabouts())
