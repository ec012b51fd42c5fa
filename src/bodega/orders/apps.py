from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate

from bodega.databases.layout import FILES


class OrdersConfig(AppConfig):
    name = "bodega.orders"
    label = "orders"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        pre_migrate.connect(make_way, sender=self, dispatch_uid="orders.guard")
        post_migrate.connect(put_back, sender=self, dispatch_uid="orders.guard")


def make_way(using: str, plan: list[Any], **_: Any) -> None:
    """Migrations of the orders may rebuild their tables: the guard steps aside."""
    from bodega.orders import guarding

    if using == FILES["primary"].alias and any(step.app_label == "orders" for step, _ in plan):
        guarding.step_aside()


def put_back(using: str, apps: Any = None, **_: Any) -> None:
    """The guard, once the tables are there; `flush` sends no `apps`, and has them."""
    from bodega.orders import guarding

    is_there = apps is None or "tombstone" in apps.all_models["orders"]
    if using == FILES["primary"].alias and is_there:
        guarding.install()
