"""The clock: orders, reservations and Stripe's signatures (five minutes' tolerance) rely on it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bodega.databases.layout import FILES
from bodega.ops.doctor.case import Case
from bodega.ops.doctor.findings import Finding, bad, ok, unless

TOLERANCE = timedelta(minutes=1)
RELEASED = datetime(2026, 1, 1, tzinfo=UTC)


def examine(case: Case) -> Iterator[Finding]:
    """Whether the time is one at which this volume can have been written."""
    told = f"It is {case.now:%Y-%m-%d %H:%M:%S} UTC."
    yield from unless(_wrong(case), ok("clock.plausible", told))


def _wrong(case: Case) -> Iterator[Finding]:
    hint = "Set the clock and keep it set (timedatectl set-ntp true, or chrony)."
    newest = max(_written(case), default=None)
    if case.now < RELEASED:
        told = f"The clock says {case.now:%Y-%m-%d}, which is before this software was made."
        yield bad("clock.plausible", told, hint)
    elif newest and newest[0] > case.now + TOLERANCE:
        told = (
            f"The clock says {case.now:%Y-%m-%d %H:%M} UTC, but {newest[1]} was written at "
            f"{newest[0]:%Y-%m-%d %H:%M}: it has been set back, or was wrong then."
        )
        yield bad("clock.plausible", told, hint)


def _written(case: Case) -> Iterator[tuple[datetime, str]]:
    for file in FILES.values():
        for name in (file.name, f"{file.name}-wal"):
            path = Path(case.volume / name)
            if path.exists():
                yield datetime.fromtimestamp(path.stat().st_mtime, UTC), name
