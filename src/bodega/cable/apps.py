from django.apps import AppConfig


class CableConfig(AppConfig):
    name = "bodega.cable"
    label = "cable"
