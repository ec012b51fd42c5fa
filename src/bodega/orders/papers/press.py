"""The press: a process of its own that makes PDFs and ends.

What lays out PDFs takes 20 MB and a third of a second to load; neither the web process nor the worker
keeps that. `python -m bodega.orders.papers.press` reads the papers' contents, a JSON array, from its
standard input and writes each PDF to its standard output, behind eight digits that say how long it is.
"""

import json
import os
import sys

from bodega.orders.papers import bill, slip
from bodega.orders.papers.letterhead import Content
from bodega.orders.papers.printing import LENGTH_DIGITS

PAPERS = {
    "invoice": bill.invoice,
    "credit_note": bill.credit_note,
    "packing_slip": slip.packing_slip,
}


def printed(content: Content) -> bytes:
    """The PDF of a paper. Raises KeyError when the content is none."""
    return PAPERS[content["kind"]](content)


def main() -> None:
    """One run: everything on standard input."""
    os.nice(5)  # customers first
    for content in json.load(sys.stdin):
        pdf = printed(content)
        sys.stdout.buffer.write(f"{len(pdf):0{LENGTH_DIGITS}d}".encode() + pdf)


if __name__ == "__main__":
    main()
