from django.apps import AppConfig
from django.core.checks import register


class JobsConfig(AppConfig):
    name = "bodega.jobs"
    label = "jobs"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from bodega.jobs.checks import recurring_lines

        register(recurring_lines)
