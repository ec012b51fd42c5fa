"""What the reconciliation page shows: do Stripe and we agree, and how late does money come?"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Max, QuerySet, Sum
from django.db.models.functions import TruncDate
from django.utils import timezone

from bodega.backoffice import plots
from bodega.lib.money import Money
from bodega.payments import endpoint, opening, stripe
from bodega.payments.models import Discrepancy, Reconciliation

DAYS = 30
MOST_ROWS = 100
MOST_CLOSED = 20
Kind = Discrepancy.Kind

# What each list means, and what its rows' first button does.
LISTS = (
    (
        Kind.NOT_IN_SHOP,
        "A customer paid, and no order knows of it.",
        "Settle it",
        "Finds the session at Stripe and settles it; a lost order is rebuilt.",
    ),
    (
        Kind.NOT_AT_STRIPE,
        "The shop believes in money that Stripe has never seen. Send nothing before you know why.",
        "Look again",
        "Asks Stripe for it by its name.",
    ),
    (
        Kind.AMOUNT_DIFFERS,
        "Not what the order costs was paid, or it was paid twice: refund what is too much.",
        "Look again",
        "Compares once more.",
    ),
)


@dataclass(frozen=True)
class Day:
    """What the runs of one day found, in the shop's time zone. `lag` in seconds."""

    date: date
    settled: int = 0
    rebuilt: int = 0
    lag: int = 0
    findings: int = 0


def facts(now: datetime) -> dict[str, Any]:
    """Everything the page shows, for the days up to `now` (local time)."""
    days = last_days(now.date())
    runs = Reconciliation.objects.all()
    last = runs.filter(finished_at__isnull=False).order_by("-finished_at").first()
    trouble = runs.filter(finished_at=None).exclude(error="")
    if last:
        trouble = trouble.filter(started_at__gte=last.started_at)
    return {
        "lists": [shown(*each) for each in LISTS],
        "open_count": Discrepancy.objects.filter(resolved_at=None).count(),
        "closed": closed().select_related("order")[:MOST_CLOSED],
        "last": last,
        "trouble": trouble.first(),
        "endpoint_address": endpoint.address(),
        "has_bank": bool(stripe.secret_key()),
        "is_waiting": opening.is_sweep_due(now),
        "settled_plot": settled_plot(days),
        "lag_plot": lag_plot(days),
        "findings_plot": plots.spark([day.findings for day in days], "Open differences a day"),
        "days": days,
        "runs": runs.order_by("-started_at")[:12],
    }


def shown(kind: Kind, meaning: str, button: str, hint: str) -> dict[str, Any]:
    """One list with its open rows."""
    rows = Discrepancy.objects.filter(kind=kind, resolved_at=None).select_related("order")
    return {
        "kind": kind.value,
        "title": kind.label,
        "meaning": meaning,
        "button": button,
        "hint": hint,
        "rows": [sums(row) for row in rows[:MOST_ROWS]],
        "count": rows.count(),
    }


def sums(row: Discrepancy) -> dict[str, Any]:
    """A row with its amounts as people write them."""
    told = {"here": row.here, "there": row.there}
    written = {
        side: "–" if amount is None else str(Money(amount, row.currency))
        for side, amount in told.items()
    }
    return {"row": row, **written}


def closed() -> "QuerySet[Discrepancy]":
    """What was put right or explained, the latest first."""
    return Discrepancy.objects.filter(resolved_at__isnull=False).order_by("-resolved_at")


def last_days(today: date) -> list[Day]:
    """The last thirty days, also those without a run."""
    dates = [today - timedelta(back) for back in range(DAYS - 1, -1, -1)]
    start = timezone.make_aware(datetime.combine(dates[0], datetime.min.time()))
    columns = ("day", "settled", "rebuilt", "lag", "findings")
    rows = (
        Reconciliation.objects.filter(started_at__gte=start)
        .annotate(day=TruncDate("started_at"))
        .order_by()
        .values("day")
        .annotate(
            settled=Sum("settled"), rebuilt=Sum("rebuilt"), lag=Max("lag"), findings=Max("findings")
        )
        .values_list(*columns)
    )
    found = {row[0]: Day(*row) for row in rows}
    return [found.get(each, Day(each)) for each in dates]


def settled_plot(days: list[Day]) -> str:
    """How many payments a day nobody else had told of."""
    values = [day.settled for day in days]
    labels = [f"{day.date:%d %b}: {day.settled}, {day.rebuilt} of them rebuilt" for day in days]
    scale = [str(value) for value in plots.scale(max(values))]
    return plots.bars(values, labels, ticks(days), scale, "Payments the sweeper settled, a day")


def lag_plot(days: list[Day]) -> str:
    """How late the latest of them was."""
    values = [day.lag for day in days]
    labels = [f"{day.date:%d %b}: {spoken(day.lag)}" for day in days]
    scale = [spoken(value) for value in plots.scale(max(values))]
    return plots.bars(
        values, labels, ticks(days), scale, "From payment to settling, the longest a day"
    )


def ticks(days: list[Day]) -> dict[int, str]:
    """Names below the axis, one a week."""
    return {index: f"{day.date:%d %b}" for index, day in enumerate(days) if index % 7 == 0}


def spoken(seconds: int) -> str:
    """A time span in its largest unit: "40 s", "3 min", "5 h", "2 d"."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds} s"
