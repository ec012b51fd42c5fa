"""The nightly audit: was it made, and what did it find?"""

from collections.abc import Iterator
from datetime import timedelta

from bodega.ops.audit.memory import last_audit
from bodega.ops.doctor.case import Case
from bodega.ops.doctor.findings import Finding, bad, ok, warn

OLD = timedelta(days=3)


def examine(case: Case) -> Iterator[Finding]:
    """What it left in the volume."""
    last = last_audit(case.volume)
    if last is None:
        yield ok("audit.last", "No audit was made yet; the worker makes one each night.")
        return
    told = f"The last audit, {case.ago(last.moment)} ago: {last.sentence}"
    if last.level != "ok":
        yield (bad if last.level == "bad" else warn)("audit.last", told, "bodega audit --brief")
    elif case.now - last.moment > OLD:
        yield warn("audit.last", told, "Is a worker running? Now: bodega audit --remember")
    else:
        yield ok("audit.last", told)
