"""Counting the uses of a code, so that none is counted twice and none too many."""

from datetime import datetime

from django.db import transaction
from django.db.models import F, Q

from bodega.discounts.checking import address, check_customer, check_time, used_up
from bodega.discounts.models import Discount, Redemption


def redeem(discount: Discount, reference: str, email: str, now: datetime) -> None:
    """Count one use of `discount` by the order `reference`, inside the order's transaction.

    The same reference again does nothing. Raises CodeRefused, and counts nothing, when the code is over,
    used up, or was used by this customer, even if that happened a moment ago. The count comes before the
    question about the customer: of two orders placed at once the second then sees the first's row on
    every database, because it had to wait for the discount's.
    """
    if Redemption.objects.filter(reference=reference).exists():
        return
    check_time(discount, now)
    with transaction.atomic():
        within_limit = Q(limit__isnull=True) | Q(used__lt=F("limit"))
        counted = Discount.objects.filter(within_limit, pk=discount.pk, is_active=True)
        if not counted.update(used=F("used") + 1):
            check_time(Discount.objects.get(pk=discount.pk), now)
            raise used_up(discount)
        check_customer(discount, email)
        Redemption.objects.create(
            discount=discount, reference=reference, email=address(email), at=now
        )


def undo(reference: str) -> bool:
    """Give a use back: the order was never paid. False when there is none (any more)."""
    with transaction.atomic():
        redemption = Redemption.objects.filter(reference=reference).first()
        if redemption is None or not Redemption.objects.filter(pk=redemption.pk).delete()[0]:
            return False
        used = Discount.objects.filter(pk=redemption.discount_id, used__gt=0)
        used.update(used=F("used") - 1)
        return True
