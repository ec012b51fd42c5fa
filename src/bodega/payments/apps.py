from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "bodega.payments"
    label = "payments"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Registers the checks; nothing else happens by importing."""
        from bodega.payments import checks  # noqa: F401 - importing registers
