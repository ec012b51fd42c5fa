import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bodega.databases.volume import create_volume
from tests.jobs import tasks
from tests.jobs.engine import Engine


@pytest.fixture(autouse=True)
def nothing_done() -> Iterator[None]:
    tasks.DONE.clear()
    yield
    tasks.DONE.clear()


@pytest.fixture
def now() -> datetime:
    """A fixed time, before any real one."""
    return datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A volume on which nothing has happened yet."""
    directory = tmp_path_factory.mktemp("engine") / "volume"
    create_volume(directory, shop="test")
    engine = Engine(directory)
    engine.manage("migrate", "--database", "queue")
    engine.manage("migrate")
    return directory


@pytest.fixture
def engine(migrated: Path, tmp_path: Path) -> Iterator[Engine]:
    """The machinery as processes on a fresh volume."""
    directory = tmp_path / "volume"
    shutil.copytree(migrated, directory)
    engine = Engine(directory)
    yield engine
    engine.close()
