"""What buyers write down is read again as it was."""

from pathlib import Path

from bodega.ops.drill.storm.memory import Diary, Purchase, Repeat, Request, read


def test_everything_is_read_again_and_requests_are_in_the_order_of_time(tmp_path: Path) -> None:
    later, earlier = Request(2.0, 0.1, "cart", True), Request(1.0, 0.2, "look", False, "reset")
    repeat = Repeat("cart", "cut", 2.5, is_replay=True)
    purchase = Purchase("c", {"7": 1}, "cs_1", is_charged=True, order="a1")
    paths = [tmp_path / "one", tmp_path / "other"]
    one, other = (Diary(path) for path in paths)
    for diary, first in ((one, later), (other, earlier)):
        diary.note(first)
    one.note(repeat)
    other.note(purchase)
    for diary in (one, other):
        diary.close()
    found = read(paths)
    assert found.requests == [earlier, later]
    assert found.failures == [earlier]
    assert (found.repeats, found.purchases) == ([repeat], [purchase])
