"""The write-ahead logs: how long they are, and who keeps them from shrinking."""

from collections.abc import Iterator
from pathlib import Path

from bodega.databases import keeper, kernel
from bodega.databases.layout import FILES
from bodega.ops.doctor.case import Case
from bodega.ops.doctor.findings import Finding, bad, ok, unless, warn

PAGE_BYTES = 4096
LARGE_BYTES = keeper.ALARM_PAGES * PAGE_BYTES
HUGE_BYTES = 8 * LARGE_BYTES


def examine(case: Case) -> Iterator[Finding]:
    """Each `-wal` that is there."""
    sizes = {path: path.stat().st_size for path in _logs(case)}
    told = ", ".join(f"{path.name} {size / 1e6:,.1f} MB" for path, size in sizes.items())
    yield from unless(_large(sizes), ok("wal.size", f"The logs are short: {told or 'none'}."))


def _logs(case: Case) -> list[Path]:
    paths = [case.volume / f"{file.name}-wal" for file in FILES.values()]
    return [path for path in paths if path.exists()]


def _large(sizes: dict[Path, int]) -> Iterator[Finding]:
    for path, size in sizes.items():
        if size <= LARGE_BYTES:
            continue
        database = path.with_name(path.name.removesuffix("-wal"))
        sentence = f"{path.name} has grown to {size / 1e6:,.0f} MB"
        if kernel.readers(database):
            sentence += (
                f": {keeper.readers(database)} keeps an old snapshot open, so it cannot shrink."
            )
            hint = "End that query or process. A report that runs for hours belongs on a backup."
        else:
            sentence += ", and nobody is reading now."
            hint = "It shrinks with the next checkpoint. Is the worker, which makes them, running?"
        yield (bad if size > HUGE_BYTES else warn)("wal.size", sentence, hint)
