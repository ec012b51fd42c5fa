"""A press is started when it is needed, stays at hand, and its end is nobody's misfortune."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bodega.orders.papers import bill
from bodega.orders.papers.printing import Press, PrintFailed, print_papers
from tests.orders.papers.samples import STANDARD, invoice_content
from tests.waiting import until

WORDS = [sys.executable, "-m", "bodega.orders.papers.press"]
POSTER = {"kind": "poster"}


@pytest.fixture
def press() -> Iterator[Press]:
    made = Press(WORDS)
    yield made
    made.close()


def contents(*numbers: str) -> list[dict[str, object]]:
    return [{**invoice_content([(1000, 1, STANDARD)]), "number": number} for number in numbers]


def is_there(pid: int | None) -> bool:
    return Path(f"/proc/{pid}").exists()


def test_it_prints_what_it_is_given_in_its_order() -> None:
    papers = contents("A-1", "A-2")
    assert print_papers(papers) == [bill.invoice(paper) for paper in papers]


def test_the_same_press_prints_the_next_run_also_after_a_paper_that_is_none(press: Press) -> None:
    with pytest.raises(PrintFailed, match="poster"):
        press.print([POSTER, *contents("A-1")])
    first = press.pid
    [pdf] = press.print(contents("A-2"))
    assert pdf == bill.invoice(contents("A-2")[0])
    assert press.pid == first is not None


def test_a_press_that_has_ended_is_replaced_and_leaves_nothing_behind(press: Press) -> None:
    press.print([])
    first = press.pid
    assert first is not None
    os.kill(first, 9)
    until(lambda: not is_there(first))  # not even in the process table
    [pdf] = press.print(contents("A-1"))
    assert pdf.startswith(b"%PDF")
    assert press.pid != first


def test_it_gives_way_to_whoever_started_it(press: Press) -> None:
    press.print(contents("A-1"))
    assert press.pid is not None
    assert os.getpriority(os.PRIO_PROCESS, press.pid) == os.getpriority(os.PRIO_PROCESS, 0) + 5


def test_it_ends_with_whom_it_works_for(press: Press) -> None:
    press.print([])
    pid = press.pid
    assert is_there(pid)
    press.close()
    assert not is_there(pid)


def test_a_run_that_is_longer_than_a_pipe_is_deep_goes_through(press: Press) -> None:
    papers = contents(*(f"A-{number}" for number in range(3)))
    papers[1]["note"] = "fine " * 60_000
    assert [pdf[:4] for pdf in press.print(papers)] == [b"%PDF"] * 3


def test_a_press_that_cannot_even_start_is_told_of() -> None:
    broken = Press([sys.executable, "-c", "raise SystemExit(3)"])
    with pytest.raises(PrintFailed, match="exit code 3"):
        broken.print([POSTER])


def test_a_press_that_hangs_is_given_up_and_ended() -> None:
    jammed = Press([sys.executable, "-c", "import sys; sys.stdin.read()"], patience=0.2)
    with pytest.raises(PrintFailed, match=r"no PDF within 0.2 s"):
        jammed.print([POSTER])
    assert jammed.pid is None
