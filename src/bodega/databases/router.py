"""Which model lives in which file, and that no relation crosses files (design 3.2, rule 12)."""

from typing import Any

from django.db.models import Model

from bodega.databases.layout import FILES

# Everything else lives in primary: money, stock, outbox and the webhook inbox share one transaction.
ALIAS_OF_APP = {"jobs": "queue"}


class FileRouter:
    """Routes by application: `jobs` to the queue file, all others to primary."""

    def db_for_read(self, model: type[Model], **_: Any) -> str:
        return alias_of(model._meta.app_label)

    def db_for_write(self, model: type[Model], **_: Any) -> str:
        return alias_of(model._meta.app_label)

    def allow_relation(self, one: Model, other: Model, **_: Any) -> bool:
        return alias_of(one._meta.app_label) == alias_of(other._meta.app_label)

    def allow_migrate(self, db: str, app_label: str, **_: Any) -> bool:
        return alias_of(app_label) == db


def alias_of(app_label: str) -> str:
    """The Django alias of the file in which an application's tables live."""
    return ALIAS_OF_APP.get(app_label, FILES["primary"].alias or "default")
