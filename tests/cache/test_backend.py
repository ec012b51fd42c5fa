"""What Django's own tests (bin/conformance django-cache) do not ask of the backend."""

import asyncio
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache as default_cache
from django.core.cache import caches

from bodega.cache.backend import SqliteCache, store_in
from bodega.cache.outage import REST_SECONDS

Make = Callable[..., SqliteCache]


def connection(cache: SqliteCache) -> Any:
    return cache._store.entries.file.connection()


def test_it_is_the_shops_cache(settings: Any) -> None:
    assert isinstance(caches["default"], SqliteCache)
    default_cache.set("greeting", "hello", 60)
    assert default_cache.get("greeting") == "hello"
    assert (settings.VOLUME / "cache.sqlite3").exists()


def test_making_a_backend_object_does_not_touch_the_disk(tmp_path: Path) -> None:
    SqliteCache(tmp_path / "nowhere", {})
    assert not (tmp_path / "nowhere").exists()


def test_two_objects_share_one_file(make_cache: Make) -> None:
    make_cache().set("a", 1)
    assert make_cache().get("a") == 1


def test_incr_is_exact_beyond_sqlites_integers(cache: SqliteCache) -> None:
    cache.set("n", 2**63 - 1)
    assert cache.incr("n") == 2**63
    assert cache.incr("n", 2**70) == 2**63 + 2**70
    assert cache.get("n") == 2**63 + 2**70


def test_incr_takes_what_python_can_add(cache: SqliteCache) -> None:
    cache.set("n", 1.5)
    assert cache.incr("n", 2) == 3.5
    cache.set("text", "x")
    with pytest.raises(TypeError):
        cache.incr("text")
    assert cache.get("text") == "x"


def test_incr_keeps_the_expiry(cache: SqliteCache) -> None:
    cache.set("n", 1, timeout=1000)
    cache.incr("n")
    cache.incr("n", 2**62)
    ((expires,),) = connection(cache).execute("SELECT expires FROM entry").fetchall()
    assert expires is not None


def test_an_unreadable_entry_is_a_miss_and_dropped(
    cache: SqliteCache, caplog: pytest.LogCaptureFixture
) -> None:
    cache.set_many({"a": (1,), "b": (2,), "c": (3,)})
    connection(cache).execute("UPDATE entry SET value = x'00'")
    assert cache.get("a", "miss") == "miss"
    assert cache.get_many(["b"]) == {}
    assert cache.has_key("c") is False
    assert connection(cache).execute("SELECT count(*) FROM entry").fetchone() == (0,)
    assert "not signed by this shop" in caplog.text
    assert cache.add("a", (4,)) is True


def test_an_entry_of_another_secret_is_a_miss(cache: SqliteCache, make_cache: Make) -> None:
    from django.test import override_settings

    cache.set("plain", "text")
    cache.set("object", (1, 2))
    with override_settings(SECRET_KEY="another"):
        other = make_cache()
    assert other.get("plain") == "text"
    assert other.get("object") is None


def test_a_value_too_large_is_not_stored_and_the_old_one_is_gone(
    make_cache: Make, caplog: pytest.LogCaptureFixture
) -> None:
    cache = make_cache(OPTIONS={"MAX_BYTES": 80_000})
    cache.set("a", "small")
    cache.set("a", "x" * 10_001)
    assert cache.get("a") is None
    assert cache.add("a", "x" * 10_001) is False
    assert cache.set_many({"a": "x" * 10_001, "b": "y" * 10_000}) == ["a"]
    assert cache.get("b") == "y" * 10_000
    (record,) = caplog.records
    assert "MAX_BYTES" in record.getMessage()


def test_the_file_stays_within_max_bytes(make_cache: Make, volume: Path) -> None:
    cache = make_cache(OPTIONS={"MAX_BYTES": 500_000})
    for number in range(2_000):
        cache.set(f"k{number}", "x" * 1_500)
    connection(cache).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    assert (volume / "cache.sqlite3").stat().st_size < 800_000
    assert cache.get("k1999") == "x" * 1_500


def test_entries_are_not_counted_unless_asked_for(make_cache: Make) -> None:
    cache = make_cache()  # Django's default of 300 entries is a number for a toy
    cache.set_many({f"k{number}": number for number in range(1_000)})
    cache.set("one", "more")
    assert len(cache.get_many([f"k{number}" for number in range(1_000)])) == 1_000


def test_a_full_disk_is_a_miss_and_one_loud_line(
    cache: SqliteCache, caplog: pytest.LogCaptureFixture
) -> None:
    cache.set("old", "value")
    connection(cache).execute("PRAGMA max_page_count=3").fetchall()
    cache.set("large", "x" * 100_000)
    assert cache.get("large") is None
    assert cache.get("old", "miss") == "miss"  # it may be outdated: its deletion may have failed
    assert cache.add("large", "x" * 100_000) is False
    assert cache.set_many({"a": 1, "b": 2}) == ["a", "b"]
    assert cache.touch("old") is False
    assert cache.delete("old") is False
    assert cache.get_or_set("computed", lambda: 42) == 42
    with pytest.raises(ValueError, match="not found"):
        cache.incr("old")
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "the disk is full" in record.getMessage()


def test_when_there_is_room_again_it_works_and_is_empty(cache: SqliteCache) -> None:
    cache.set("old", "value")
    connection(cache).execute("PRAGMA max_page_count=3").fetchall()
    cache.set("large", "x" * 100_000)
    connection(cache).execute("PRAGMA max_page_count=100000").fetchall()
    cache._store.outage._until -= REST_SECONDS  # the rest is over
    assert cache.get("old") is None
    cache.set("new", "value")
    assert cache.get("new") == "value"


def test_a_damaged_file_is_a_miss_and_is_replaced(
    cache: SqliteCache, volume: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache.set_many({f"k{number}": "x" * 2_000 for number in range(200)})
    connection(cache).execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    file = cache._store.entries.file
    file.forget()
    descriptor = os.open(file.path, os.O_WRONLY)
    os.pwrite(descriptor, b"\xaa" * 400_000, 4096)
    os.close(descriptor)
    assert cache.get_many([f"k{number}" for number in range(200)]) == {}
    assert "an empty one has taken its place" in caplog.text
    cache._store.outage._until -= REST_SECONDS
    cache.set("new", "value")
    assert cache.get("new") == "value"


def test_a_file_deleted_under_a_running_process_is_made_anew(
    cache: SqliteCache, volume: Path
) -> None:
    cache.set("old", "value")
    for suffix in ("", "-wal", "-shm"):
        (volume / f"cache.sqlite3{suffix}").unlink()
    cache.close()  # the end of a request
    assert cache.get("old") is None
    cache.set("new", "value")
    assert (volume / "cache.sqlite3").exists()


def test_a_missing_volume_is_a_miss_and_is_not_made(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    cache = SqliteCache(tmp_path / "unmounted", {})
    cache.set("a", 1)
    assert cache.get("a", "miss") == "miss"
    assert "the volume's folder is missing" in caplog.text
    assert not (tmp_path / "unmounted").exists()


def test_the_async_variants_do_the_same(cache: SqliteCache) -> None:
    async def story() -> None:
        await cache.aset("a", 1)
        assert await cache.aget("a") == 1
        assert await cache.aincr("a", 2) == 3
        assert await cache.adecr("a") == 2
        assert await cache.aadd("a", 9) is False
        assert await cache.ahas_key("a") is True
        assert await cache.aset_many({"b": 2, "c": 3}) == []
        assert await cache.aget_many(["a", "b", "c"]) == {"a": 2, "b": 2, "c": 3}
        await cache.adelete_many(["a", "b"])
        assert await cache.aget("a", "miss") == "miss"
        await cache.aclear()
        assert await cache.aget("c") is None

    asyncio.run(story())


def test_one_store_serves_all_objects_of_a_directory(volume: Path, make_cache: Make) -> None:
    assert make_cache()._store is store_in(volume)
