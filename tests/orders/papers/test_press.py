"""The press is a process of its own, and what it needs is loaded nowhere else."""

import io
import os
import subprocess
import sys

import pytest

from bodega.orders.papers import press

HEAVY = "import sys; print(sorted({'reportlab', 'PIL'} & {m.split('.')[0] for m in sys.modules}))"


def test_every_kind_of_document_can_be_printed() -> None:
    assert set(press.PAPERS) == {"invoice", "credit_note", "packing_slip"}


def test_it_works_run_after_run_until_nobody_is_there_any_more() -> None:
    run = b'00000020[{"kind": "poster"}]'
    assert len(run) == 8 + 20
    asked, answers = pipe_with(run + run), io.BytesIO()
    with asked:
        press.work(asked, answers)
    said = answers.getvalue()
    assert said.startswith(b"-")
    assert said.count(b"KeyError: 'poster'") == 2


def test_it_ends_when_nobody_had_work_for_a_while() -> None:
    reading, writing = os.pipe()  # open to the end: it is not the pipe that tells
    answers = io.BytesIO()
    with open(reading, "rb") as asked, open(writing, "wb"):
        press.work(asked, answers, idle=0.01)
    assert answers.getvalue() == b""


def test_it_makes_room_for_a_fresh_one_after_many_papers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(press, "MOST_PAPERS", 1)
    asked, answers = pipe_with(b"00000002[]" + b'00000020[{"kind": "poster"}]' * 2), io.BytesIO()
    with asked:
        press.work(asked, answers)
    assert answers.getvalue().count(b"KeyError") == 1


@pytest.mark.parametrize("door", ["bodega.urls", "bodega.orders.papers.jobs"])
def test_neither_the_web_process_nor_the_worker_loads_it(door: str) -> None:
    code = f"import bodega.databases, django; django.setup(); import {door}; {HEAVY}"
    words = [sys.executable, "-c", code]
    done = subprocess.run(words, capture_output=True, text=True, check=True)
    assert "reportlab" not in done.stdout
    control = [sys.executable, "-c", f"import bodega.orders.papers.bill; {HEAVY}"]
    done = subprocess.run(control, capture_output=True, text=True, check=True)
    assert "reportlab" in done.stdout


def pipe_with(said: bytes) -> io.BufferedReader:
    """A pipe at whose other end somebody said this and left."""
    reading, writing = os.pipe()
    with open(writing, "wb") as mouth:
        mouth.write(said)
    return open(reading, "rb")
