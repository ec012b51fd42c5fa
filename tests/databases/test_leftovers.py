"""Nobody starts where something was put aside that nobody has looked into."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bodega.databases import leftovers
from bodega.databases.exits import Exit
from bodega.databases.generations import Generation
from bodega.databases.register import Register
from tests.databases.newcomers import comes


@pytest.fixture
def left(volume: Path) -> Path:
    """A volume on which a generation has lived and died, and put something aside."""
    (volume / "primary.sqlite3").touch()
    generation = Generation(Register(volume), "a release")
    generation.tell("live")
    generation.leave()
    (volume / "salvage" / "20261125-primary").mkdir(parents=True)
    return volume


def replace(volume: Path) -> None:
    shutil.copy(volume / "primary.sqlite3", volume / "new")
    (volume / "new").rename(volume / "primary.sqlite3")


def test_files_in_their_place_need_nobody(left: Path) -> None:
    """The locks were lost, not the files: a new process finds everything."""
    assert comes(left)["code"] == 0


def test_a_replaced_file_and_a_folder_nobody_has_looked_into_are_refused(left: Path) -> None:
    replace(left)
    told = comes(left)
    assert told["code"] == Exit.UNSETTLED
    assert "bodega salvage" in told["why"]
    assert str(left / "salvage" / "20261125-primary") in told["why"]


def test_once_settled_the_shop_opens(left: Path) -> None:
    replace(left)
    leftovers.settle(left / "salvage" / "20261125-primary", "looked at", datetime.now(UTC))
    assert leftovers.waiting(left) == []
    assert comes(left)["code"] == 0


def test_a_replaced_file_alone_is_somebodys_decision(left: Path) -> None:
    replace(left)
    (left / "salvage" / "20261125-primary").rmdir()
    assert comes(left)["code"] == 0
