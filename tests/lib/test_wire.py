from collections.abc import Iterator

import pytest

from bodega.lib import wire
from bodega.lib.wire import MOST_UNSENT, Wire


@pytest.fixture
def ends() -> Iterator[tuple[Wire, Wire]]:
    ours, theirs = wire.pair()
    other = Wire(theirs)
    yield ours, other
    ours.close()
    other.close()


def test_words_arrive_whole_and_in_order_both_ways(ends: tuple[Wire, Wire]) -> None:
    ours, theirs = ends
    ours.tell(step="ready", pids=[1, 2])
    ours.tell(step="ö\nopen")
    theirs.tell(do="open")
    assert theirs.heard() == [{"step": "ready", "pids": [1, 2]}, {"step": "ö\nopen"}]
    assert ours.heard() == [{"do": "open"}]
    assert ours.heard() == []


def test_who_does_not_listen_holds_nobody_up_and_gets_the_rest_later(
    ends: tuple[Wire, Wire],
) -> None:
    ours, theirs = ends
    for number in range(20_000):
        ours.tell(number=number)
    assert len(ours._unsent) < MOST_UNSENT + 100, "what waits is bounded"
    heard = theirs.heard()
    ours.tell(last=True)
    heard += theirs.heard()
    numbers = [word["number"] for word in heard if "number" in word]
    assert numbers == list(range(len(numbers)))
    assert 1_000 < len(numbers) < 20_000


def test_a_closed_end_is_noticed_and_nothing_fails(ends: tuple[Wire, Wire]) -> None:
    ours, theirs = ends
    ours.tell(step="last words")
    ours.close()
    assert theirs.heard() == [{"step": "last words"}]
    assert not theirs.is_open
    theirs.tell(do="anything")
    assert theirs.heard() == []
