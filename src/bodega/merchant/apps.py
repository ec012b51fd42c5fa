from django.apps import AppConfig


class MerchantConfig(AppConfig):
    name = "bodega.merchant"
    label = "merchant"
    default_auto_field = "django.db.models.BigAutoField"
