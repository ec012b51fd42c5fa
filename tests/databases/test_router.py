from django.apps import apps

from bodega.databases.router import FileRouter, alias_of
from bodega.merchant.models import Page


def test_jobs_live_in_the_queue_and_everything_else_in_primary() -> None:
    assert alias_of("jobs") == "queue"
    assert alias_of("orders") == alias_of("outbox") == alias_of("payments") == "default"


def test_no_relation_of_any_model_crosses_files() -> None:
    for model in apps.get_models():
        for field in model._meta.get_fields():
            target = field.related_model
            if isinstance(target, type):
                here, there = model._meta.app_label, target._meta.app_label
                assert alias_of(here) == alias_of(there), f"{model} → {target}"


def test_tables_are_made_only_in_their_own_file() -> None:
    router = FileRouter()
    assert router.allow_migrate("queue", "jobs")
    assert not router.allow_migrate("default", "jobs")
    assert not router.allow_migrate("queue", "orders")


def test_objects_of_one_file_may_be_related() -> None:
    router = FileRouter()
    assert router.allow_relation(Page(), Page())
    assert router.db_for_read(Page) == router.db_for_write(Page) == "default"
