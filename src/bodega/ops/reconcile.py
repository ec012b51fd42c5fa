"""The comparison with Stripe from the command line: for people, and for programs."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from rich.console import Console
from rich.markup import escape

from bodega.lib.clock import Clock, utc_now
from bodega.lib.money import Money
from bodega.payments.models import Discrepancy
from bodega.payments.reconciling import running
from bodega.payments.reconciling.differences import Difference
from bodega.payments.reconciling.run import Run, Tell, silently

LISTS = Discrepancy.Kind
MOST = 500  # of a list; the back office has all of them
MOST_SHOWN = 20


@dataclass(frozen=True)
class Outcome:
    """What a run did, and what is open afterwards (dry: what it would have written down)."""

    run: Run
    open: dict[str, list[Difference]]
    counts: dict[str, int]
    seconds: float

    @property
    def count(self) -> int:
        return sum(self.counts.values())


def reconcile(
    since: datetime | None, *, dry: bool, clock: Clock = utc_now, tell: Tell = silently
) -> Outcome:
    """Compare everything. Network. Raises Busy, StripeUnreachable, StripeRefused."""
    began = clock()
    if dry:
        run = running.rehearse(since=since, clock=clock, tell=tell)
        found, counts = in_lists(list(run.found.values())), dict(run.counts)
    else:
        run = running.reconcile(running.Kind.MANUAL, since=since, clock=clock, tell=tell)
        found, counts = open_rows()
    return Outcome(run, found, counts, (clock() - began).total_seconds())


def in_lists(found: Sequence[Difference]) -> dict[str, list[Difference]]:
    """The three lists."""
    return {kind.value: [each for each in found if each.kind == kind] for kind in LISTS}


def open_rows() -> tuple[dict[str, list[Difference]], dict[str, int]]:
    """Whatever is open, also from earlier runs; and how much of each list."""
    still_open = Discrepancy.objects.filter(resolved_at=None)
    lists = {
        kind.value: [
            Difference(**told) for told in still_open.filter(kind=kind).values(*FIELDS)[:MOST]
        ]
        for kind in LISTS
    }
    return lists, {kind.value: still_open.filter(kind=kind).count() for kind in LISTS}


FIELDS = tuple(Difference.__dataclass_fields__)


def as_json(done: Outcome) -> str:
    """One object; amounts in minor units."""
    run = done.run
    told: dict[str, Any] = {
        "since": run.since.isoformat(),
        "dry_run": run.is_dry,
        "seen": dict(run.seen),
        "settled": run.settled,
        "rebuilt": run.rebuilt,
        "lag_seconds": run.lag,
        "open": done.counts,
        "differences": {kind: [asdict(each) for each in rows] for kind, rows in done.open.items()},
        "endpoint": run.endpoint,
        "not_looked_at": run.refusals,
        "seconds": round(done.seconds, 2),
    }
    return json.dumps(told, indent=1, ensure_ascii=False, default=datetime.isoformat)


def show(done: Outcome, console: Console) -> None:
    """What was compared, what was put right, and the lists that are not empty."""
    for sentence in sentences(done):
        console.print(escape(sentence), soft_wrap=True)
    for kind in LISTS:
        rows = done.open.get(kind.value, [])
        if rows:
            count = done.counts[kind.value]
            console.print(f"\n[bold red]{kind.label}[/]: {count}")
            for row in rows[:MOST_SHOWN]:
                console.print(f"  {escape(line(row))}", soft_wrap=True)
            if count > MOST_SHOWN:
                console.print(f"  … and {count - MOST_SHOWN} more (--json lists {MOST})")
    console.print(f"\n{escape(verdict(done))}", soft_wrap=True)


def sentences(done: Outcome) -> list[str]:
    """The run in words."""
    run = done.run
    seen = ", ".join(f"{count:,} {what}" for what, count in run.seen.items() if count)
    told = [f"Compared since {run.since:%Y-%m-%d %H:%M} UTC: {seen or 'nothing was there'}."]
    if run.settled:
        lost = f"; {run.rebuilt} of them had been lost and are rebuilt" if run.rebuilt else ""
        told.append(f"Settled {counted(run.settled)} that nobody had told the shop of{lost}.")
    told += [f"Not looked at: {refusal}" for refusal in run.refusals]
    return [*told, run.endpoint] if run.endpoint else told


def line(row: Difference) -> str:
    """One difference."""
    sums = " ".join(
        f"{where} {Money(amount, row.currency)}"
        for where, amount in (("shop", row.here), ("Stripe", row.there))
        if amount is not None
    )
    return f"{row.happened_at:%Y-%m-%d %H:%M}  {row.reference}  {sums}  {row.detail}"


def verdict(done: Outcome) -> str:
    """The last line."""
    if not done.count:
        return f"Stripe and the shop agree. ({done.seconds:.1f} s)"
    if done.run.is_dry:
        return "Nothing was changed. Without --dry-run what can be settled is settled."
    return "Settle, look again or explain them: /backoffice/payments/discrepancy/"


def counted(orders: int) -> str:
    """ "1 order", "2 orders"."""
    return "1 order" if orders == 1 else f"{orders:,} orders"
