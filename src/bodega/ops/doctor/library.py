"""The SQLite library of this installation; a process of the shop refuses to start with a wrong one."""

import sys
from collections.abc import Iterator

from bodega import __version__
from bodega.databases import library
from bodega.ops.doctor.case import Case
from bodega.ops.doctor.findings import Finding, ok


def examine(_case: Case) -> Iterator[Finding]:
    """Importing `bodega.databases` has refused an unsafe one already; this says which it is."""
    python = ".".join(map(str, sys.version_info[:3]))
    yield ok(
        "library.version",
        f"SQLite {library.version()}, without the WAL-reset bug; Bodega {__version__}, Python {python}.",
    )
