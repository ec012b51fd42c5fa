from typing import Any

from django.apps import AppConfig, apps
from django.core import checks
from django.db import DEFAULT_DB_ALIAS
from django.db.models.signals import post_migrate


class WebConfig(AppConfig):
    name = "bodega.web"
    label = "web"

    def ready(self) -> None:
        from bodega.web.freshness import check_counter

        # Sent for every application with models, after all migrations; once is enough.
        post_migrate.connect(install_counter, sender=apps.get_app_config("catalog"))
        checks.register(check_counter, checks.Tags.database)


def install_counter(using: str, **_: Any) -> None:
    """After every migration: a rebuilt table has lost its triggers."""
    from bodega.web.freshness import install

    if using == DEFAULT_DB_ALIAS:
        install()
