"""The file: numbers without gaps, and what is kept."""

import time

from bodega.cable.messages import Message, Messages


def test_numbers_grow_by_one(messages: Messages) -> None:
    first = messages.append("a", "said", "1", 0.0)
    assert messages.append("b", "said", "2", 0.0) == first + 1
    assert messages.last() == first + 1
    assert messages.after(first, 10) == [Message(first + 1, "b", "said", "2")]


def test_a_new_file_starts_above_every_number_of_the_old_one(messages: Messages) -> None:
    old = messages.append("a", "said", "1", 0.0)
    for suffix in ("", "-wal", "-shm"):
        path = messages.file.path
        path.with_name(path.name + suffix).unlink()
    assert messages.file.forget_if_replaced()
    assert messages.append("a", "said", "1", 0.0) > old
    assert old > (time.time() - 3600) * 1000


def test_numbers_are_not_used_again_after_trimming(messages: Messages) -> None:
    last = messages.append("a", "said", "1", 0.0)
    messages.delete_older(1.0, 10)
    assert messages.last() == last
    assert messages.append("a", "said", "2", 0.0) == last + 1


def test_what_is_forgotten_is_known(messages: Messages) -> None:
    start = messages.last()
    assert messages.forgotten() == start
    for at in (1.0, 2.0, 3.0):
        messages.append("a", "said", "1", at)
    assert messages.forgotten() == start
    assert messages.delete_older(2.5, limit=10) == 2
    assert messages.forgotten() == start + 2
    messages.delete_older(9.0, limit=10)
    assert messages.forgotten() == start + 3


def test_only_some_channels_after_one_number_up_to_another(messages: Messages) -> None:
    start = messages.last()
    for channel in "abcabc":
        messages.append(channel, "said", "1", 0.0)
    found = messages.of_channels(["a", "c"], start + 1, start + 5, limit=10)
    assert [(m.id - start, m.channel) for m in found] == [(3, "c"), (4, "a")]
    assert len(messages.of_channels(["a", "b", "c"], start, start + 6, limit=4)) == 4


def test_deleting_goes_in_batches_from_the_oldest(messages: Messages) -> None:
    for _ in range(10):
        messages.append("a", "said", "1", 0.0)
    assert messages.delete_older(1.0, limit=4) == 4
    assert messages.delete_beyond(5, limit=4) == 1
    assert messages.delete_beyond(5, limit=4) == 0
    assert messages.last() - messages.forgotten() == 5
