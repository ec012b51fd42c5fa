"""Where printed papers are: `documents/` in the volume, never below an address that anybody can read.

A file is named after what it says (a hash of the frozen content), so it cannot be taken for another
document's, not even after a restore that gave a number to somebody else. Nothing is lost with a file: it
is printed again from the row. Backups therefore hold the rows and not the files.
"""

import hashlib
import json
import re
import threading
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from django.conf import settings

from bodega.databases.prepared import Prepared
from bodega.lib.files import write_atomically
from bodega.orders.models import Invoice
from bodega.orders.papers.printing import PrintFailed, print_papers

FOLDER = "documents"
AT_ONCE = 50  # papers in one run of the press
# Whose turn it is to look what is missing and print it: who waits finds his paper printed along.
turn = threading.RLock()
WAITING = Prepared(lambda: Invoice.objects.filter(rendered_at=None).order_by("-pk")[:AT_ONCE])


def path_of(invoice: Invoice) -> Path:
    """Where the PDF of a document is, or will be."""
    said = json.dumps(invoice.content, sort_keys=True, ensure_ascii=False)
    name = hashlib.sha256(said.encode()).hexdigest()[:40]
    return Path(settings.VOLUME) / FOLDER / name[:2] / f"{name}.pdf"


def file_name(invoice: Invoice) -> str:
    """What the PDF is called where somebody keeps it: INV-1001.pdf."""
    return f"{re.sub(r'[^A-Za-z0-9._-]+', '-', invoice.number)}.pdf"


def find(invoice: Invoice) -> Path | None:
    """The printed document; None when it has yet to be printed."""
    path = path_of(invoice)
    return path if path.is_file() else None


def read(invoice: Invoice) -> bytes | None:
    """The printed document, some 20 KB; None when it has yet to be printed. Raises OSError."""
    try:
        return path_of(invoice).read_bytes()
    except FileNotFoundError:
        return None


def pdf(invoice: Invoice, *, now: datetime) -> bytes:
    """The document's PDF, printed first if need be: for jobs. Raises PrintFailed, OSError."""
    if find(invoice) is None:
        write([invoice], now=now)
    return path_of(invoice).read_bytes()


def write(invoices: Sequence[Invoice], *, now: datetime) -> None:
    """Print what is missing of some documents. Raises PrintFailed, OSError."""
    with turn:
        missing = [each for each in invoices if find(each) is None]
        pdfs = print_papers([each.content for each in missing]) if missing else []
        for invoice, printed in zip(missing, pdfs, strict=True):
            path = path_of(invoice)
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            write_atomically(path, printed, mode=0o600)
        Invoice.objects.filter(pk__in=[each.pk for each in invoices]).update(rendered_at=now)


def write_with_others(paper: Invoice, *, now: datetime) -> None:
    """Print it unless it is, and what else waits along with it: starting the press takes longer than
    fifty papers. Raises PrintFailed, OSError.
    """
    if find(paper) is not None:
        return
    with turn:
        if find(paper) is not None:
            return
        others = [other for other in WAITING.rows() if other.pk != paper.pk]
        try:
            write([paper, *others[: AT_ONCE - 1]], now=now)
        except PrintFailed:  # another one may be to blame
            write([paper], now=now)


def waiting(after: int = 0) -> list[Invoice]:
    """The next documents that never were printed, behind that id: as many as a press takes."""
    return list(Invoice.objects.filter(rendered_at=None, pk__gt=after).order_by("pk")[:AT_ONCE])


def write_each(invoices: Sequence[Invoice], *, now: datetime) -> None:
    """Print some documents. One that cannot be printed holds up none of the others.

    Raises PrintFailed for it at the end, OSError.
    """
    try:
        write(invoices, now=now)
    except PrintFailed:
        if failures := one_by_one(invoices, now):
            raise PrintFailed("; ".join(failures)) from None


def one_by_one(invoices: Sequence[Invoice], now: datetime) -> list[str]:
    """Print each for itself; what went wrong with whom."""
    failures = []
    for invoice in invoices:
        try:
            write([invoice], now=now)
        except PrintFailed as error:
            failures.append(f"{invoice.number} cannot be printed: {str(error).splitlines()[-1]}")
    return failures
