"""The press is a process of its own, and what it needs is loaded nowhere else."""

import subprocess
import sys

import pytest

from bodega.orders.papers import bill, press
from bodega.orders.papers.printing import PrintFailed, print_papers, taken_apart
from tests.orders.papers.samples import STANDARD, invoice_content

HEAVY = "import sys; print(sorted({'reportlab', 'PIL'} & {m.split('.')[0] for m in sys.modules}))"


def test_it_prints_what_it_is_given_in_its_order() -> None:
    contents = [
        {**invoice_content([(1000, 1, STANDARD)]), "number": number} for number in ("A-1", "A-2")
    ]
    assert print_papers(contents) == [bill.invoice(content) for content in contents]


def test_content_that_is_none_is_refused_with_the_reason() -> None:
    with pytest.raises(PrintFailed, match="poster"):
        print_papers([{"kind": "poster"}])


def test_every_kind_of_document_can_be_printed() -> None:
    assert set(press.PAPERS) == {"invoice", "credit_note", "packing_slip"}


def test_pdfs_are_taken_apart_by_their_lengths() -> None:
    assert taken_apart(b"00000003abc00000000" + b"00000002de") == [b"abc", b"", b"de"]


@pytest.mark.parametrize("door", ["bodega.urls", "bodega.orders.papers.jobs"])
def test_neither_the_web_process_nor_the_worker_loads_it(door: str) -> None:
    code = f"import bodega.databases, django; django.setup(); import {door}; {HEAVY}"
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "reportlab" not in done.stdout
    control = [sys.executable, "-c", f"import bodega.orders.papers.bill; {HEAVY}"]
    done = subprocess.run(control, capture_output=True, text=True, check=True)
    assert "reportlab" in done.stdout
