from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from tests.jobs import tasks


@pytest.fixture(autouse=True)
def nothing_done() -> Iterator[None]:
    tasks.DONE.clear()
    yield
    tasks.DONE.clear()


@pytest.fixture
def now() -> datetime:
    """A fixed time, before any real one."""
    return datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
