"""System checks: what works on other databases and quietly does something else on this engine.

Registered as soon as Django loads the engine, so `manage check` has them in every project that uses it.
Looked at is the project's own code, not what is installed beside Django: nobody can change that.
"""

import ast
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from django.apps import AppConfig, apps
from django.core import checks
from django.db import connections, models, router

TAG = "bodega"
MONEY = frozenset(
    {
        *(
            "price",
            "amount",
            "total",
            "cost",
            "fee",
            "tax",
            "balance",
            "money",
            "payment",
            "refund",
        ),
        *("revenue", "discount", "salary", "credit", "debit", "fare", "rate"),
    }
)
INSTALLED = tuple({sysconfig.get_path(name) for name in ("purelib", "platlib", "stdlib")})


@checks.register(TAG)
def check_atomic_requests(
    app_configs: Sequence[AppConfig] | None,  # noqa: ARG001 - the signature of Django's checks
    **_: Any,
) -> list[checks.CheckMessage]:
    """bodega.databases.E001: a transaction around every request."""
    return [
        checks.Error(
            f"ATOMIC_REQUESTS is on for the database '{alias}'.",
            hint=(
                "Here every transaction takes the write lock of the whole file at its beginning, so all "
                "requests would wait for each other. Use transaction.atomic() around what is written."
            ),
            id="bodega.databases.E001",
        )
        for alias in our_aliases()
        if connections[alias].settings_dict["ATOMIC_REQUESTS"]
    ]


@checks.register(TAG)
def check_row_locks(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[checks.CheckMessage]:
    """bodega.databases.W001: a call of select_for_update()."""
    if not our_aliases():
        return []
    return [
        checks.Warning(
            f"select_for_update() in {path}, line {line}, locks no row on this engine.",
            hint=(
                "Use a guarded update: filter(pk=…, status=seen).update(status=next), and look at the "
                "count. It says the same on every database."
            ),
            obj=config,
            id="bodega.databases.W001",
        )
        for config in own_apps(app_configs)
        for path in sources(config)
        for line in row_locks(path)
    ]


@checks.register(TAG)
def check_decimals(app_configs: Sequence[AppConfig] | None, **_: Any) -> list[checks.CheckMessage]:
    """bodega.databases.W002: a DecimalField, which SQLite keeps as a double."""
    aliases = our_aliases()
    if not aliases:
        return []
    return [
        checks.Warning(
            f"{field} is a DecimalField, and SQLite keeps it as a binary fraction{_about(field)}.",
            hint=(
                "0.1 + 0.2 is not 0.3 there. Keep whole numbers of the smallest unit (cents, grams) in "
                "a BigIntegerField: their sums are exact."
            ),
            obj=field,
            id="bodega.databases.W002",
        )
        for config in own_apps(app_configs)
        for model in config.get_models()
        if model._meta.managed and any(router.allow_migrate_model(a, model) for a in aliases)
        for field in model._meta.local_fields
        if isinstance(field, models.DecimalField)
    ]


def our_aliases() -> list[str]:
    """The databases of this project that are on our engine."""
    from bodega.databases.engine.base import DatabaseWrapper  # it imports this module

    return [alias for alias in connections if isinstance(connections[alias], DatabaseWrapper)]


def own_apps(app_configs: Iterable[AppConfig] | None = None) -> list[AppConfig]:
    """The applications that are not installed packages."""
    return [
        config
        for config in (apps.get_app_configs() if app_configs is None else app_configs)
        if not Path(config.path).is_relative_to(Path(checks.__file__).parents[2])
        and not any(Path(config.path).is_relative_to(folder) for folder in INSTALLED)
    ]


def sources(config: AppConfig) -> Iterator[Path]:
    """The Python files of an application, without those of applications inside it."""
    inner = [Path(a.path) for a in apps.get_app_configs() if a is not config]
    inner = [path for path in inner if path.is_relative_to(config.path)]
    for path in sorted(Path(config.path).rglob("*.py")):
        if not any(path.is_relative_to(each) for each in inner):
            yield path


def row_locks(path: Path) -> list[int]:
    """The lines of a file that call select_for_update()."""
    text = path.read_bytes()
    if b"select_for_update" not in text:
        return []
    return [
        node.lineno
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "select_for_update"
    ]


def _about(field: Any) -> str:
    words = set(field.name.lower().split("_"))
    return "; its name says money" if words & MONEY else ""
