"""Whether a code holds for a cart, and what it takes off."""

from collections.abc import Sequence
from datetime import datetime

from django.utils.formats import date_format
from django.utils.timezone import localtime

from bodega.discounts.models import Discount, Redemption, normal
from bodega.lib.money import share, split
from bodega.merchant.models import Merchant


class CodeRefused(ValueError):
    """A code that does not hold; its text is a sentence for the customer."""


def check(code: str, goods_value: int, email: str, now: datetime) -> Discount:
    """The discount behind `code` (any case) for goods worth so many minor units.

    `email` may be empty while it is not known yet. Raises CodeRefused. Nothing is counted here: that is
    `redeeming.redeem`, which checks again.
    """
    discount = Discount.objects.filter(code=normal(code)).first() if "\0" not in code else None
    if discount is None:
        raise CodeRefused(
            f"We do not know the code “{code.strip()[:30]}”. Please check its spelling."
        )
    check_time(discount, now)
    if discount.limit is not None and discount.used >= discount.limit:
        raise used_up(discount)
    check_customer(discount, email)
    if goods_value < discount.minimum:
        raise _too_little(discount, goods_value)
    return discount


def value(discount: Discount, line_totals: Sequence[int]) -> list[int]:
    """What is taken off each line, in minor units: exact in sum, never more than the line itself.

    Free shipping takes nothing off the goods; a fixed amount takes at most all of them.
    """
    goods = sum(line_totals)
    if discount.kind == Discount.Kind.PERCENT:
        off = share(goods, discount.percent or 0, 100)
    elif discount.kind == Discount.Kind.FIXED:
        off = min(discount.amount or 0, goods)
    else:
        off = 0
    return split(off, line_totals)


def check_time(discount: Discount, now: datetime) -> None:
    """Raise CodeRefused unless the code is switched on and within its dates."""
    if not discount.is_active:
        raise CodeRefused(f"The code {discount} is not in use at the moment.")
    if discount.starts_at and now < discount.starts_at:
        raise CodeRefused(f"The code {discount} is valid from {_day(discount.starts_at)} on.")
    if discount.ends_at and now >= discount.ends_at:
        raise CodeRefused(f"The code {discount} was valid until {_day(discount.ends_at)}.")


def check_customer(discount: Discount, email: str) -> None:
    """Raise CodeRefused when a code for one use a customer was used with this e-mail address."""
    if not (discount.once_per_customer and email):
        return
    mine = Redemption.objects.filter(discount=discount, email=address(email))
    if mine.exists():
        raise CodeRefused(f"You have used the code {discount} before; it works once per customer.")


def used_up(discount: Discount) -> CodeRefused:
    return CodeRefused(f"The code {discount} has been used up.")


def address(email: str) -> str:
    """An e-mail address as redemptions are counted by."""
    return email.strip().lower()


def _too_little(discount: Discount, goods_value: int) -> CodeRefused:
    merchant = Merchant.current()
    minimum, missing = (
        merchant.money(amount).display(merchant.language)
        for amount in (discount.minimum, discount.minimum - goods_value)
    )
    return CodeRefused(
        f"The code {discount} is for goods worth {minimum} or more; {missing} is still missing."
    )


def _day(moment: datetime) -> str:
    return date_format(localtime(moment), "j F Y, H:i")
