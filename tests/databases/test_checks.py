from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.apps import AppConfig, apps
from django.core import checks as django_checks
from django.db import connections, models
from django.test.utils import isolate_apps

from bodega.databases import checks

Application = Callable[..., AppConfig]


@pytest.fixture
def application(tmp_path: Path) -> Application:
    """Makes an application of the project's own out of files."""

    def make(**files: str) -> AppConfig:
        for name, text in files.items():
            (tmp_path / f"{name}.py").write_text(text)
        module = ModuleType("project")
        module.__file__ = str(tmp_path / "__init__.py")
        module.__path__ = [str(tmp_path)]
        return AppConfig("project", module)

    return make


def test_the_shop_itself_has_nothing_to_be_warned_of() -> None:
    assert django_checks.run_checks(tags=[checks.TAG]) == []


def test_the_checks_are_registered_with_the_engine() -> None:
    registered = django_checks.registry.registry.get_checks()
    for check in (checks.check_atomic_requests, checks.check_row_locks, checks.check_decimals):
        assert check in registered


def test_a_call_of_select_for_update_is_found_with_its_line(application: Application) -> None:
    app = application(
        models="", views="a = 1\nb = Order.objects.filter(pk=1).select_for_update().get()\n"
    )
    (warning,) = checks.check_row_locks([app])
    assert warning.id == "bodega.databases.W001"
    assert warning.level == django_checks.WARNING
    assert "views.py, line 2" in warning.msg
    assert "guarded update" in str(warning.hint)


def test_the_word_alone_is_no_call(application: Application) -> None:
    app = application(
        models='"""Never select_for_update()."""\n# x.select_for_update()\n',
        views='x.select_for_update\nselect = "x.select_for_update()"\n',
    )
    assert checks.check_row_locks([app]) == []


def test_code_of_others_is_not_looked_at() -> None:
    names = {config.name for config in checks.own_apps()}
    assert "bodega.catalog" in names
    assert not names & {"django.contrib.admin", "django.contrib.auth", "unfold", "django_tasks"}


def test_an_application_inside_another_is_looked_at_once() -> None:
    seen = [path for config in checks.own_apps() for path in checks.sources(config)]
    assert len(seen) == len(set(seen)) > 50


@isolate_apps("bodega.catalog")
def test_a_decimal_is_found_and_money_named(monkeypatch: pytest.MonkeyPatch) -> None:
    class Parcel(models.Model):
        weight = models.DecimalField(max_digits=9, decimal_places=3)
        total_price = models.DecimalField(max_digits=9, decimal_places=2)
        count = models.IntegerField()

        class Meta:
            app_label = "catalog"

        def __str__(self) -> str:
            return "parcel"

    app = apps.get_app_config("catalog")
    monkeypatch.setattr(app, "get_models", lambda: [Parcel])
    weight, price = checks.check_decimals([app])
    assert weight.id == price.id == "bodega.databases.W002"
    assert "catalog.Parcel.weight is a DecimalField" in weight.msg
    assert "its name says money" not in weight.msg
    assert "catalog.Parcel.total_price" in price.msg
    assert "its name says money" in price.msg
    assert "0.1 + 0.2 is not 0.3" in str(price.hint)


def test_the_reason_for_that_warning_is_true() -> None:
    import sqlite3

    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE t (price decimal)")
    connection.execute("INSERT INTO t VALUES ('0.10'), ('0.20')")
    # Their sum() would be right: SQLite has compensated for the error there since 3.43.
    sums = connection.execute("SELECT a.price + b.price FROM t a, t b WHERE a.price < b.price")
    assert sums.fetchone() == (0.30000000000000004,)
    connection.close()


def test_a_transaction_around_every_request_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.check_atomic_requests(None) == []
    monkeypatch.setitem(connections["default"].settings_dict, "ATOMIC_REQUESTS", True)
    (error,) = checks.check_atomic_requests(None)
    assert error.id == "bodega.databases.E001"
    assert error.is_serious()
    assert "'default'" in error.msg


def test_a_project_on_other_engines_hears_nothing(
    application: Application, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checks, "our_aliases", list)
    app: Any = application(views="x.select_for_update()")
    for check in (checks.check_atomic_requests, checks.check_row_locks, checks.check_decimals):
        assert check([app]) == []
