import json
from datetime import UTC, datetime, timedelta, timezone

import pytest

from bodega.ops.backup import manifest
from bodega.ops.backup.manifest import Entry, Manifest, ManifestUnreadable
from bodega.ops.backup.sums import Facts

MADE = Manifest(
    name="20261123T030000Z",
    volume="abc",
    shop="Prints",
    started="2026-11-23T03:00:00+00:00",
    instant="2026-11-23T03:00:01+00:00",
    finished="2026-11-23T03:00:09+00:00",
    release="1.0",
    sqlite="3.53.4",
    entries=(
        Entry(
            "primary.sqlite3", "k", 9, "s", is_compressed=True, facts=Facts({"a": 1}, {"a.x": 2})
        ),
        Entry("media/a.webp", "m", 3, "t"),
    ),
    complaints=("hm",),
)


def test_what_is_written_is_read_back() -> None:
    assert manifest.read(MADE.written()) == MADE
    assert MADE.size == 12
    assert [entry.path for entry in MADE.databases()] == ["primary.sqlite3"]


def test_fields_of_the_future_are_passed_over() -> None:
    told = json.loads(MADE.written())
    told["new"] = told["entries"][0]["new"] = 1
    assert manifest.read(json.dumps(told)) == MADE


@pytest.mark.parametrize(
    "damage", ["", "{", "[]", "{}", '{"format": 1}', '{"format": "1"}', "null"]
)
def test_damage_is_said_to_be(damage: str) -> None:
    with pytest.raises(ManifestUnreadable):
        manifest.read(damage)


def test_names_are_times_in_utc() -> None:
    berlin = datetime(2026, 11, 23, 4, 0, tzinfo=timezone(timedelta(hours=1)))
    assert manifest.name_of(berlin) == "20261123T030000Z"
    assert manifest.moment_of("20261123T030000Z") == datetime(2026, 11, 23, 3, tzinfo=UTC)
