"""The press: a process of its own that makes PDFs, and ends when nobody has had work for a while.

What lays out PDFs takes 20 MB and a fifth of a second to load; neither the web process nor the worker
keeps that. `python -m bodega.orders.papers.press` reads runs from its standard input: eight digits that
say how long it is, then the papers' contents, a JSON array. To each paper it answers on its standard
output: a sign (`+` a PDF, `-` why there is none), eight digits, and so many bytes.
"""

import json
import os
import select
import sys
import traceback
from typing import BinaryIO

from bodega.orders.papers import bill, slip
from bodega.orders.papers.letterhead import Content
from bodega.orders.papers.printing import DONE, FAILED, LENGTH_DIGITS

IDLE_SECONDS = 10.0
MOST_PAPERS = 5_000  # then a fresh one: whatever may have piled up is gone with it
# What content that is no paper's makes the layout raise. Anything else ends the press.
WRONG = (LookupError, TypeError, ValueError, AttributeError)
PAPERS = {
    "invoice": bill.invoice,
    "credit_note": bill.credit_note,
    "packing_slip": slip.packing_slip,
}


def printed(content: Content) -> bytes:
    """The PDF of a paper. Raises KeyError when the content is none."""
    return PAPERS[content["kind"]](content)


def work(asked: BinaryIO, answers: BinaryIO, idle: float = IDLE_SECONDS) -> None:
    """Print run after run, until there is none for `idle` seconds or nobody is there any more."""
    papers = 0
    while papers < MOST_PAPERS and select.select([asked], [], [], idle)[0]:
        head = asked.read(LENGTH_DIGITS)
        if not head:
            return
        for content in json.loads(asked.read(int(head))):
            sign, answer = answer_to(content)
            answers.write(sign + f"{len(answer):0{LENGTH_DIGITS}d}".encode() + answer)
            papers += 1
        answers.flush()


def answer_to(content: Content) -> tuple[bytes, bytes]:
    """A paper, or why there is none."""
    try:
        return DONE, printed(content)
    except WRONG:  # content is data, and one bad paper keeps no other from being printed
        return FAILED, traceback.format_exc().encode()


def main() -> None:
    """Work for whoever is at the other end."""
    os.nice(5)  # on top of the caller's: customers first, then their mails
    with os.fdopen(os.dup(1), "wb") as answers:
        os.dup2(2, 1)  # whatever a library prints is no answer
        work(sys.stdin.buffer, answers)


if __name__ == "__main__":
    main()
