"""Somebody deletes the log under a serving shop: from the alarm to the next start."""

import json
from pathlib import Path

import pytest

from bodega.databases.exits import Exit
from tests.faults.running import Shop, bodega, stored

pytestmark = pytest.mark.process

ACKNOWLEDGED = {f"evt_{number}" for number in range(12)}


@pytest.fixture
def robbed(volume: Path, tmp_path: Path) -> Path:
    """A volume whose log was deleted under a serving shop, which has ended by itself."""
    shop = Shop(volume, tmp_path / "up.log").opened()
    assert {shop.tell(number).status_code for number in range(12)} == {200}
    (volume / "primary.sqlite3-wal").unlink()
    assert shop.process.wait(30) == Exit.UNTIED
    assert "What it had is in" in shop.said
    shop.client.close()
    return volume


def starts(volume: Path, tmp_path: Path) -> bool:
    shop = Shop(volume, tmp_path / "again.log").opened()
    assert shop.tell(1000).status_code == 200
    return shop.stop() == 0


def test_from_the_alarm_to_a_shop_that_has_everything_again(robbed: Path, tmp_path: Path) -> None:
    assert not stored(robbed) & ACKNOWLEDGED  # only the dead processes had them

    refused = bodega(robbed, "up", "--port", "0")
    assert refused.returncode == Exit.UNSETTLED
    assert "bodega salvage" in refused.stderr
    told = bodega(robbed, "doctor", "volume", "generations", "--json")
    ids = {each["id"] for each in json.loads(told.stdout)["findings"] if each["level"] != "ok"}
    assert ids == {"volume.salvage", "generations.probe"}

    looked = bodega(robbed, "salvage")
    assert looked.returncode == 3
    assert "the same with --apply" in looked.stdout
    assert not stored(robbed) & ACKNOWLEDGED  # looking changes nothing
    assert bodega(robbed, "up", "--port", "0").returncode == Exit.UNSETTLED

    applied = bodega(robbed, "salvage", "--apply")
    assert applied.returncode == 0, applied.stderr
    assert stored(robbed) >= ACKNOWLEDGED
    assert len(list((robbed / "salvage").iterdir())) == len(
        list((robbed / "salvage").glob("*/settled"))
    )
    assert bodega(robbed, "salvage").stdout.startswith("Nothing waits to be salvaged")
    assert bodega(robbed, "doctor", "volume", "generations").returncode == 0
    assert starts(robbed, tmp_path)


def test_settled_without_looking_the_shop_starts_without_them(robbed: Path, tmp_path: Path) -> None:
    """The control: what the other test gets back is really gone otherwise."""
    assert bodega(robbed, "salvage", "--settle").returncode == 0
    assert starts(robbed, tmp_path)
    assert not stored(robbed) & ACKNOWLEDGED
