"""The scenarios, by what goes wrong. Importing this package enters them all into `SCENARIOS`."""

from bodega.ops.drill.scenarios import (
    copies,
    deploys,
    gaps,
    handles,
    libraries,
    mounts,
    power,
    resets,
    sidecars,
)

__all__ = [
    "copies",
    "deploys",
    "gaps",
    "handles",
    "libraries",
    "mounts",
    "power",
    "resets",
    "sidecars",
]
