"""What the worker does for carts."""

from django_tasks import task

from bodega.cart.expiring import expire
from bodega.lib.clock import utc_now


@task()
def expire_carts() -> None:
    """At least once; doing it twice changes nothing."""
    expire(utc_now())
