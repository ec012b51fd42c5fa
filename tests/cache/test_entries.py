"""The table: expiry, adding, counting, and many at once."""

import threading

import pytest

from bodega.cache import entries as entries_module
from bodega.cache.entries import BATCH, Entries, Entry, Found, row_number
from bodega.cache.values import JSON, NATIVE
from tests.cache.conftest import FakeClock


def entry(key: str, value: str | int = "v", expires: float | None = None) -> Entry:
    return Entry(key, NATIVE, value, expires)


def size(entries: Entries) -> int:
    return int(entries.file.connection().execute("SELECT count(*) FROM entry").fetchone()[0])


def test_an_entry_lives_until_its_expiry(entries: Entries, clock: FakeClock) -> None:
    entries.write(entry("a", "x", clock() + 10))
    assert entries.read("a") == Found(NATIVE, "x")
    clock.seconds += 10
    assert entries.read("a") is None


def test_two_keys_with_one_hash_are_never_confused(
    entries: Entries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries_module, "row_number", lambda key: 7)
    entries.write(entry("a", "x"))
    assert entries.read("b") is None
    assert entries.delete("b") is False
    assert entries.touch("b", None) is False
    assert entries.add(entry("b", "y")) is True
    assert entries.read("a") is None
    assert entries.read_many(["a", "b"]) == {"b": Found(NATIVE, "y")}


def test_adding_respects_only_the_living(entries: Entries, clock: FakeClock) -> None:
    assert entries.add(entry("a", "first", clock() + 10)) is True
    assert entries.add(entry("a", "second")) is False
    clock.seconds += 10
    assert entries.add(entry("a", "third")) is True
    assert entries.read("a") == Found(NATIVE, "third")


def test_touching_moves_the_expiry_of_the_living(entries: Entries, clock: FakeClock) -> None:
    entries.write(entry("a", "x", clock() + 10))
    assert entries.touch("a", clock() + 100) is True
    clock.seconds += 50
    assert entries.read("a") == Found(NATIVE, "x")
    clock.seconds += 100
    assert entries.touch("a", None) is False


def test_deleting_says_whether_something_living_was_there(
    entries: Entries, clock: FakeClock
) -> None:
    entries.write_many([entry("a"), entry("b", "x", clock() + 10)])
    clock.seconds += 10
    assert [entries.delete(key) for key in ("a", "a", "b")] == [True, False, False]


def test_many_are_written_read_and_deleted(entries: Entries) -> None:
    keys = [f"k{number}" for number in range(2 * BATCH + 1)]
    entries.write_many([entry(key, key) for key in keys])
    assert {key: found.stored for key, found in entries.read_many([*keys, "none"]).items()} == {
        key: key for key in keys
    }
    entries.delete_many(keys[1:])
    assert list(entries.read_many(keys)) == keys[:1]


def test_counting_adds_in_one_statement_and_keeps_the_expiry(
    entries: Entries, clock: FakeClock
) -> None:
    entries.write(entry("n", 41, clock() + 10))
    assert entries.count("n", 1) == 42
    clock.seconds += 10
    assert entries.count("n", 1) is None


@pytest.mark.parametrize("value", ["text", 2**62 + 1, -(2**62) - 1])
def test_counting_leaves_what_it_cannot_count(entries: Entries, value: str | int) -> None:
    entries.write(entry("n", value))
    assert entries.count("n", 1) is None
    assert entries.read("n") == Found(NATIVE, value)


def test_rewriting_keeps_everybody_else_out(entries: Entries) -> None:
    entries.write(entry("n", 0))

    def add_one(found: Found) -> tuple[int, int]:
        return NATIVE, found.stored + 1

    def work() -> None:
        for _ in range(50):
            entries.rewrite("n", add_one)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert entries.read("n") == Found(NATIVE, 200)


def test_a_rewrite_that_fails_changes_nothing(entries: Entries) -> None:
    entries.write(entry("n", "text"))
    with pytest.raises(TypeError):
        entries.rewrite("n", lambda found: (JSON, found.stored + 1))
    assert entries.read("n") == Found(NATIVE, "text")
    assert not entries.file.connection().in_transaction
    assert entries.rewrite("none", lambda found: (JSON, "1")) is False


def test_clearing_deletes_everything_in_batches(entries: Entries) -> None:
    entries.write_many([entry(f"k{number}") for number in range(3 * BATCH + 5)])
    before = entries.file.connection().total_changes
    entries.clear()
    assert size(entries) == 0
    assert entries.file.connection().total_changes - before == 3 * BATCH + 5


def test_clearing_ends_while_others_keep_writing(entries: Entries) -> None:
    entries.write_many([entry(f"k{number}") for number in range(BATCH)])
    stop, written = threading.Event(), threading.Event()

    def keep_writing() -> None:
        number = 0
        while not stop.is_set():
            number += 1
            entries.write(entry(f"more{number}"))
            written.set()

    writer = threading.Thread(target=keep_writing)
    writer.start()
    assert written.wait(10)
    entries.clear()
    stop.set()
    writer.join()
    assert entries.read("k0") is None


def test_the_last_possible_hash_is_cleared_too(
    entries: Entries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries_module, "row_number", lambda key: 2**63 - 1)
    entries.write(entry("edge"))
    entries.clear()
    assert size(entries) == 0


def test_row_numbers_are_spread_over_all_of_sqlites_integers() -> None:
    numbers = [row_number(f"key{number}") for number in range(1000)]
    assert min(numbers) < -(2**62) < 2**62 < max(numbers)
