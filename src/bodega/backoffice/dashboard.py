"""What the merchant sees first: today, the last thirty days, what needs a hand."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Sum
from django.db.models.functions import TruncDate
from django.http import HttpRequest
from django.utils import timezone

from bodega.backoffice import plots
from bodega.catalog.models import Stock
from bodega.lib.money import Money
from bodega.merchant.models import Merchant
from bodega.orders.models import Order, OrderLine, Withdrawal
from bodega.payments.models import WANTS_ANSWER, Attempt, Discrepancy, Dispute, Refund

DAYS = 30


@dataclass(frozen=True)
class Day:
    """What was paid on one day, in the shop's time zone."""

    date: date
    orders: int
    revenue: int


@dataclass(frozen=True)
class Task:
    """Something that needs a hand, and where."""

    text: str
    url: str


def callback(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """What unfold asks for when it shows the start page."""
    return {**context, **facts(timezone.localtime())} if request.user.is_authenticated else context


def facts(now: datetime) -> dict[str, Any]:
    """Everything the dashboard shows, for the days up to `now` (local time)."""
    merchant = Merchant.current()
    days = last_days(now.date())
    today = days[-1]
    week_before, week = revenue(days[-14:-7]), revenue(days[-7:])
    count = sum(day.orders for day in days)
    average = revenue(days) // count if count else 0
    return {
        "today": today,
        "today_revenue": str(merchant.money(today.revenue)),
        "week_revenue": str(merchant.money(week)),
        "week_change": change(week_before, week),
        "average": str(merchant.money(average)),
        "revenue_plot": revenue_plot(days, merchant.currency),
        "orders_plot": orders_plot(days),
        "days": days,
        "top": top_products(now),
        "latest": Order.objects.prefetch_related("addresses").order_by("-pk")[:8],
        "tasks": tasks(),
        "currency": merchant.currency,
    }


def revenue(days: Sequence[Day]) -> int:
    """What these days brought, in minor units."""
    return sum(day.revenue for day in days)


def last_days(today: date) -> list[Day]:
    """The last thirty days, also those on which nothing was sold."""
    start = timezone.make_aware(datetime.combine(today - timedelta(DAYS - 1), datetime.min.time()))
    rows = (
        Order.objects.filter(paid_at__gte=start)
        .annotate(day=TruncDate("paid_at"))
        .values("day")
        .annotate(orders=Count("pk"), revenue=Sum("total"))
        .order_by("day")
    )
    found = {row["day"]: Day(row["day"], row["orders"], row["revenue"]) for row in rows}
    dates = [today - timedelta(back) for back in range(DAYS - 1, -1, -1)]
    return [found.get(each, Day(each, 0, 0)) for each in dates]


def top_products(now: datetime) -> list[Any]:
    """The five titles that sold best in the last thirty days."""
    return list(
        OrderLine.objects.filter(order__paid_at__gte=now - timedelta(DAYS))
        .values("title")
        .annotate(sold=Sum("quantity"), revenue=Sum(F("subtotal") - F("discount")))
        .order_by("-revenue")[:5]
    )


def tasks() -> list[Task]:
    """What waits for a person, most urgent first; empty on a good day."""
    low = Stock.objects.filter(is_tracked=True, variant__is_active=True)
    low = low.annotate(left=F("on_hand") - F("reserved"))
    counts = (
        (
            Discrepancy.objects.filter(resolved_at=None).count(),
            "difference with Stripe",
            "payments/discrepancy/",
        ),
        (
            Dispute.objects.filter(closed_at=None, status__in=WANTS_ANSWER).count(),
            "dispute to answer",
            "payments/dispute/?progress=answer",
        ),
        (
            Refund.objects.filter(is_owed=True).count(),
            "refund that came back: still owed",
            "payments/refund/?is_owed__exact=1",
        ),
        (
            Refund.objects.filter(state=Refund.State.UNKNOWN).count(),
            "refund with an unknown outcome",
            "payments/refund/?state__exact=unknown",
        ),
        (
            Order.objects.filter(is_oversold=True, status="paid").count(),
            "paid order oversold",
            "orders/order/?is_oversold__exact=1",
        ),
        (
            Withdrawal.objects.filter(state=Withdrawal.State.CONFIRMED).count(),
            "withdrawal to decide",
            "orders/withdrawal/?state__exact=confirmed",
        ),
        (
            Attempt.objects.filter(state="unknown").count(),
            "payment with an unknown outcome",
            "payments/attempt/?state__exact=unknown",
        ),
        (
            Order.objects.filter(status="paid").count(),
            "order to ship",
            "orders/order/?status__exact=paid",
        ),
        (
            low.filter(left__lte=0, may_backorder=False).count(),
            "variant sold out",
            "catalog/stock/?level=out",
        ),
        (
            low.filter(left__gt=0, left__lte=F("low_at")).count(),
            "variant running low",
            "catalog/stock/?level=low",
        ),
    )
    return [
        Task(counted(count, what), f"/backoffice/{url}") for count, what, url in counts if count
    ]


def counted(count: int, what: str) -> str:
    """ "1 order to ship", "3 orders to ship": the first noun takes the s."""
    if count == 1:
        return f"1 {what}"
    nouns = ("order", "payment", "variant", "dispute", "refund", "withdrawal", "difference")
    words = [f"{word}s" if word in nouns else word for word in what.split()]
    return f"{count} {' '.join(words)}"


def change(before: int, after: int) -> str:
    """How a sum moved, in words: "+12 %"; "–" when there is nothing to compare with."""
    return f"{(after - before) * 100 / before:+.0f} %" if before else "–"


def revenue_plot(days: list[Day], currency: str) -> str:
    """Thirty bars of revenue."""
    labels = [
        f"{day.date:%d %b}: {Money(day.revenue, currency)}, {day.orders} orders" for day in days
    ]
    ticks = {index: f"{day.date:%d %b}" for index, day in enumerate(days) if index % 7 == 0}
    scale = [str(Money(value, currency)) for value in plots.scale(max(day.revenue for day in days))]
    return plots.bars(
        [day.revenue for day in days], labels, ticks, scale, "Revenue of the last 30 days"
    )


def orders_plot(days: list[Day]) -> str:
    """Thirty points of orders, as a line without axes."""
    return plots.spark([day.orders for day in days], "Orders a day in the last 30 days")
