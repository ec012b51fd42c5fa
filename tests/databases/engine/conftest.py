"""The engines that the tests of this folder run on."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.databases.engine.two_engines import djangos_engine, our_engine, postgres

ENGINES = {"ours": our_engine, "postgres": postgres}


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[str]:
    """Our engine's alias."""
    with django_db_blocker.unblock(), our_engine(tmp_path_factory.mktemp("ours")) as alias:
        yield alias


@pytest.fixture(scope="module")
def control(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Iterator[str]:
    """The alias of Django's SQLite backend."""
    with django_db_blocker.unblock(), djangos_engine(tmp_path_factory.mktemp("control")) as alias:
        yield alias


@pytest.fixture(scope="module", params=sorted(ENGINES))
def engine(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    django_db_blocker: Any,
) -> Iterator[str]:
    """The alias of each of the engines, one after the other."""
    directory = tmp_path_factory.mktemp(request.param)
    with django_db_blocker.unblock(), ENGINES[request.param](directory) as alias:
        yield alias
