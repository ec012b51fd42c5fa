"""Carts nobody came back to."""

from datetime import datetime

from bodega.cart.models import Cart

BATCH = 200  # carts a transaction, so that the till never waits long for the write lock


def expire(now: datetime) -> int:
    """Delete the carts that were not changed for `changing.LIFETIME`; returns how many."""
    old = Cart.objects.filter(expires_at__lte=now)
    expired = 0
    while batch := list(old.values_list("pk", flat=True)[:BATCH]):
        _, deleted = old.filter(pk__in=batch).delete()
        expired += deleted.get(Cart._meta.label, 0)
    return expired
