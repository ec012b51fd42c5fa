from django.apps import AppConfig


class CheckoutConfig(AppConfig):
    name = "bodega.checkout"
    label = "checkout"
