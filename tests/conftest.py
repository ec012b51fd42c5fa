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


@pytest.fixture(scope="session")
def django_db_modify_db_settings_xdist_suffix() -> None:
    """Replaces pytest-django's, which renames the files under xdist: each process of ours has a volume
    of its own, and the files in it must have their true names for what opens them without Django."""


@pytest.fixture(autouse=True)
def light_mails(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Receipts enclose invoices, and starting the press takes a third of a second: tests with a
    database send none, but for those about enclosures."""
    if request.node.get_closest_marker("django_db") and request.path.stem != "test_enclosing":
        from bodega.orders import mails

        monkeypatch.setattr(mails, "enclosures", lambda *_, **__: [])
