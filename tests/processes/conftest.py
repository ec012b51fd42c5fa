from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bodega.ops import showcase


@dataclass(frozen=True)
class RunningShop:
    """A demo shop with its bank, as `bin/demo` starts it."""

    url: str
    bank: str
    volume: Path


@pytest.fixture(scope="session")
def running_shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningShop]:
    """One real shop for all tests of this folder: web, worker and fakestripe as processes."""
    volume = tmp_path_factory.mktemp("running") / "shop"
    with showcase.serving(volume, showcase.free_port()) as shop:
        yield RunningShop(shop.url, shop.bank, volume)
