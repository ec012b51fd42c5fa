"""What every test may use."""

from pathlib import Path

import pytest

from bodega.databases.volume import create_volume


@pytest.fixture
def volume(tmp_path: Path) -> Path:
    """An empty volume of the test's own (the process's scratch volume is `settings.VOLUME`)."""
    directory = tmp_path / "volume"
    create_volume(directory, shop="test")
    return directory
