"""Who writes, and for how long: a long write transaction makes every customer wait."""

from collections.abc import Iterator
from datetime import timedelta

from bodega.databases import holders, slow_waits
from bodega.databases.layout import FILES
from bodega.databases.waits import SlowWait
from bodega.ops.doctor.case import Case
from bodega.ops.doctor.findings import Finding, bad, ok, unless, warn

DAY = timedelta(days=1)
MANY = 100  # slow waits a day
LONG_SECONDS, TOO_LONG_SECONDS = 1.0, 5.0


def examine(case: Case) -> Iterator[Finding]:
    """Who holds the right to write to primary and queue at this moment, and who waited for it lately."""
    yield from unless(_long(case), ok("writers.holder", "Nobody holds a write lock for long."))
    since = case.now - DAY
    waits = [
        wait
        for role, file in FILES.items()
        if file.alias
        for wait in slow_waits.recent(case.path(role), since.timestamp())
    ]
    yield _waits(waits)


def _waits(waits: list[SlowWait]) -> Finding:
    if not waits:
        return ok("writers.waits", "No writer had to wait for long in the last 24 hours.")
    longest = max(waits, key=lambda wait: wait.seconds)
    in_vain = sum(wait.was_in_vain for wait in waits)
    told = (
        f"In the last 24 hours {len(waits)} writers waited longer than 0.25 s, {in_vain} of them in "
        f"vain; the longest {longest.seconds:.1f} s: {longest.who}, while it was held by "
        f"{longest.holder}."
    )
    if in_vain or len(waits) > MANY:
        hint = "Write less in one transaction there; never call the network inside one."
        return warn("writers.waits", told, hint)
    return ok("writers.waits", told)


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
