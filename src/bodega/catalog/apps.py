from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate

from bodega.databases.layout import FILES


class CatalogConfig(AppConfig):
    name = "bodega.catalog"
    label = "catalog"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        pre_migrate.connect(make_way, sender=self, dispatch_uid="catalog.search")
        post_migrate.connect(put_back, sender=self, dispatch_uid="catalog.search")


def make_way(using: str, plan: list[Any], **_: Any) -> None:
    """Migrations of the catalogue may rebuild its tables: the search index's triggers step aside."""
    from bodega.catalog import search_index

    if using == FILES["primary"].alias and any(step.app_label == "catalog" for step, _ in plan):
        search_index.drop_triggers()


def put_back(using: str, **_: Any) -> None:
    """The search index and its triggers, if they are not there or not as they should be."""
    from bodega.catalog import search_index

    if using == FILES["primary"].alias:
        search_index.install()
