from django.apps import AppConfig


class DiscountsConfig(AppConfig):
    name = "bodega.discounts"
    label = "discounts"
    default_auto_field = "django.db.models.BigAutoField"
