"""The ground and those who live on it: would a new generation be allowed to start, who lives already?

The same probe as at every start. It writes nothing but to `locks/`, where it asks the living to answer.
"""

from collections.abc import Iterator

from bodega.databases.probe import Ground, Refused, probe
from bodega.ops.doctor.case import Case
from bodega.ops.doctor.findings import Finding, bad, ok


def examine(case: Case) -> Iterator[Finding]:
    """Probe the volume; then the generations that answered."""
    if not case.volume.is_dir():
        return
    try:
        ground = probe(case.volume, is_strict=case.is_production)
    except Refused as refused:
        told = f"A shop would refuse to start here (exit code {int(refused.code)}): {refused}"
        yield bad(
            "generations.probe", told, "docs/running.md#exit-codes says what to do about each."
        )
        return
    try:
        told = "Locks and shared memory work here, and everybody alive is seen."
        yield ok("generations.probe", " ".join([told, *ground.warnings]))
        yield ok("generations.alive", _alive(ground))
    finally:
        ground.register.close()


def _alive(ground: Ground) -> str:
    ids = {peer.id for peer in ground.peers}
    rows = [row for row in ground.register.rows() if row.id in ids]
    told = ", ".join(
        f"{row.id[:8]} ({row.release}, {row.state}, since {row.started})" for row in rows
    )
    return f"Generations alive: {told or 'none, the shop is not running'}."
