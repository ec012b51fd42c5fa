"""Who writes, and for how long: a long write transaction makes every customer wait."""

from collections.abc import Iterator

from bodega.databases import holders
from bodega.databases.layout import FILES
from bodega.ops.doctor.case import Case
from bodega.ops.doctor.findings import Finding, bad, ok, unless, warn

LONG_SECONDS, TOO_LONG_SECONDS = 1.0, 5.0


def examine(case: Case) -> Iterator[Finding]:
    """Who holds the right to write to primary and queue at this moment."""
    yield from unless(_long(case), ok("writers.holder", "Nobody holds a write lock for long."))


def _long(case: Case) -> Iterator[Finding]:
    for role, file in FILES.items():
        for writer in holders.boards(case.path(role)) if file.alias else ():
            if writer.seconds < LONG_SECONDS:
                continue
            finding = bad if writer.seconds >= TOO_LONG_SECONDS else warn
            yield finding(
                "writers.holder",
                f"{writer.who} (process {writer.pid}) has been writing to {file.name} for "
                f"{writer.seconds:.1f} s; everybody else waits.",
                f"If it does not end: kill -TERM {writer.pid}. Write less in one transaction.",
            )
