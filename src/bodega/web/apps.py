from django.apps import AppConfig


class WebConfig(AppConfig):
    name = "bodega.web"
    label = "web"
