from pathlib import Path

import pytest

from fakestripe import Json
from fakestripe.store import Store


def thing(object_id: str) -> Json:
    return {"id": object_id, "object": "thing", "created": 1, "note": "a"}


def test_what_is_stored_is_found_by_id_and_kind() -> None:
    store = Store()
    store.insert(thing("t_1"), hidden={"secret": 1})
    assert store.get("t_1") == store.get("t_1", "thing") == thing("t_1")
    assert store.get("t_1", "other") is None
    assert store.get("t_2") is None
    assert store.hidden("t_1") == {"secret": 1}
    assert store.hidden("t_2") == {}
    store.close()


def test_a_transaction_that_fails_leaves_nothing() -> None:
    store = Store()
    broken = thing("t_2") | {"note": object()}
    with pytest.raises(TypeError), store.transaction():
        store.insert(store.insert(thing("t_1")) | broken)
    assert store.get("t_1") is None
    with store.transaction():
        store.insert(thing("t_1"))
    assert store.get("t_1") is not None
    store.close()


def test_things_are_selected_newest_first(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "bank.sqlite3"))
    for name in ("t_1", "t_2", "t_3"):
        store.insert(thing(name))
    assert [one["id"] for one in store.select("type = ?", ["thing"], 2)] == ["t_3", "t_2"]
    oldest = store.select("type = ?", ["thing"], 1, oldest_first=True)
    assert [one["id"] for one in oldest] == ["t_1"]
    store.close()


def test_a_file_keeps_what_memory_forgets(tmp_path: Path) -> None:
    for path, kept in [(str(tmp_path / "bank.sqlite3"), True), ("", False)]:
        store = Store(path)
        store.insert(thing("t_1"))
        store.close()
        again = Store(path)
        assert (again.get("t_1") is not None) == kept
        again.close()
