from django.apps import AppConfig


class BackofficeConfig(AppConfig):
    name = "bodega.backoffice"
    label = "backoffice"
    verbose_name = "Back office"
