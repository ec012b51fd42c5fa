import shutil
from pathlib import Path

import pytest

from tests.faults.running import new_volume


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new shop, which takes its time; every test copies it."""
    return new_volume(tmp_path_factory.mktemp("template") / "shop")


@pytest.fixture
def volume(template: Path, tmp_path: Path) -> Path:
    """A shop of one's own."""
    return Path(shutil.copytree(template, tmp_path / "shop"))
