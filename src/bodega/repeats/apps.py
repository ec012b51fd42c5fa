from django.apps import AppConfig


class RepeatsConfig(AppConfig):
    name = "bodega.repeats"
    label = "repeats"
    default_auto_field = "django.db.models.BigAutoField"
