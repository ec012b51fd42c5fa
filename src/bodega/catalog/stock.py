"""Stock: promised, sold, given back, counted; never sold twice.

Every change is a guarded UPDATE whose count is looked at, and writes a Movement with reason and actor,
in the caller's transaction (design 2, habit 9; SQLite ignores select_for_update). A reservation is a
row that goes held → sold or held → released by a guarded update of its own, so nothing happens twice.

    reserve ──► sell          the customer paid
        └─────► release       she did not; if she pays after all, `sell` takes what is there
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.db import transaction
from django.db.models import BigIntegerField, BooleanField, CharField, F, IntegerField, Q, QuerySet

from bodega.catalog.models import Movement, Reservation, Stock
from bodega.databases.prepared import Parameter, Prepared, PreparedUpdate

Level = Literal["in", "low", "out", "backorder"]
HELD, SOLD, RELEASED = Reservation.State.HELD, Reservation.State.SOLD, Reservation.State.RELEASED
PROMISED = Prepared(
    lambda: (
        Reservation.objects.filter(reference=Parameter("reference", CharField()))
        .order_by("variant_id")
        .select_related("variant__stock")
    )
)
ENDLESS = Q(is_tracked=False) | Q(may_backorder=True)
PK = Parameter("pk", BigIntegerField())
PROMISE = PreparedUpdate(
    lambda: Stock.objects.filter(
        ENDLESS | Q(on_hand__gte=F("reserved") + Parameter("quantity", IntegerField())), pk=PK
    ),
    reserved=F("reserved") + Parameter("quantity", IntegerField()),
)
LEAVE = PreparedUpdate(
    lambda: Reservation.objects.filter(pk=PK, state=Parameter("seen", CharField())),
    state=Parameter("state", CharField()),
)
TAKE = PreparedUpdate(
    lambda: Stock.objects.filter(
        pk=PK,
        on_hand=Parameter("on_hand", IntegerField()),
        reserved=Parameter("reserved", IntegerField()),
        is_tracked=Parameter("is_tracked", BooleanField()),
        may_backorder=Parameter("may_backorder", BooleanField()),
    ),
    on_hand=F("on_hand") - Parameter("off_shelf", IntegerField()),
    reserved=F("reserved") - Parameter("held", IntegerField()),
)


class OutOfStock(Exception):
    """There are not as many left as wanted. Nothing was reserved."""

    def __init__(self, variant_id: int, wanted: int, available: int) -> None:
        super().__init__(f"variant {variant_id}: {wanted} wanted, {available} available")
        self.variant_id, self.wanted, self.available = variant_id, wanted, available


class AlreadyReserved(Exception):
    """The reference holds (or has bought) this stock already."""


class NotEnoughOnHand(ValueError):
    """More would be taken off the shelf than is on it."""


@dataclass(frozen=True, slots=True)
class Shortage:
    """Paid for, but not there: `missing` of `wanted` units could not be taken."""

    variant_id: int
    wanted: int
    missing: int


@dataclass(frozen=True, slots=True)
class Availability:
    """What a customer may know. `left` is None where the number does not limit her."""

    is_buyable: bool
    level: Level
    left: int | None

    @property
    def text(self) -> str:
        """One short line for the product page."""
        if self.level == "low":
            return f"Only {self.left} left"
        return {"in": "In stock", "out": "Sold out", "backorder": "Available on backorder"}[
            self.level
        ]


def availability(stock: Stock | None) -> Availability:
    """How a variant stands now; one without a stock row cannot be bought."""
    if stock is None:
        return Availability(False, "out", 0)
    return judge(stock.is_tracked, stock.may_backorder, stock.available, stock.low_at)


def judge(is_tracked: bool, may_backorder: bool, left: int, low_at: int) -> Availability:
    """`availability` from the columns, for queries that fetch no Stock objects."""
    if not is_tracked:
        return Availability(True, "in", None)
    if left <= 0:
        return (
            Availability(True, "backorder", None)
            if may_backorder
            else Availability(False, "out", 0)
        )
    if may_backorder:
        return Availability(True, "in", None)
    return Availability(True, "low" if left <= low_at else "in", left)


def reserve(
    reference: str,
    lines: Iterable[tuple[int, int]],
    expires_at: datetime,
    *,
    actor: str = "shop",
    now: datetime,
) -> None:
    """Promise stock to an order: `lines` are (variant id, quantity ≥ 1); all of them or none.

    Raises OutOfStock, and AlreadyReserved when the reference holds one of the variants: then the
    caller's transaction comes to nothing, or the savepoint around this call. A reservation that was
    released is taken up again.
    """
    wanted: Counter[int] = Counter()
    for variant_id, quantity in lines:
        if quantity < 1:
            raise ValueError(f"a quantity must be at least 1, not {quantity}")
        wanted[variant_id] += quantity
    with transaction.atomic(savepoint=False):
        for variant_id, quantity in sorted(wanted.items()):
            _promise(variant_id, quantity)
        _hold(reference, wanted, expires_at, now)
        Movement.objects.bulk_create(
            Movement(
                variant_id=variant_id,
                reason=Movement.Reason.RESERVED,
                reserved_delta=quantity,
                reference=reference,
                actor=actor,
                at=now,
            )
            for variant_id, quantity in sorted(wanted.items())
        )


def _promise(variant_id: int, quantity: int) -> None:
    if not PROMISE.run(pk=variant_id, quantity=quantity):
        seen = Stock.objects.filter(pk=variant_id).first()
        raise OutOfStock(variant_id, quantity, max(0, seen.available) if seen else 0)


def _hold(reference: str, wanted: Counter[int], expires_at: datetime, now: datetime) -> None:
    """One held row per variant: new, or one that was released before."""
    rows = Reservation.objects.filter(reference=reference, variant_id__in=wanted)
    known = {row.variant_id for row in PROMISED.rows(reference=reference)} & set(wanted)
    for variant_id in known:
        again = rows.filter(variant_id=variant_id, state=RELEASED)
        if not again.update(state=HELD, quantity=wanted[variant_id], expires_at=expires_at):
            raise AlreadyReserved(f"{reference} has variant {variant_id} already")
    Reservation.objects.bulk_create(
        Reservation(
            reference=reference,
            variant_id=variant_id,
            quantity=quantity,
            expires_at=expires_at,
            created_at=now,
        )
        for variant_id, quantity in sorted(wanted.items())
        if variant_id not in known
    )


def sell(reference: str, *, actor: str, now: datetime) -> list[Shortage]:
    """Turn the reference's reservations into sales; what is sold already stays as it is.

    A reservation that was released (she paid after all) takes what is there. Returns what was paid for
    and is missing: the order is oversold and the merchant decides (design 5.2, point 5).
    """
    shortages, movements = [], []
    with transaction.atomic(savepoint=False):
        for reservation in PROMISED.rows(reference=reference):
            movement, missing = _sell_one(reservation, actor, now)
            movements += movement
            if missing:
                shortages.append(Shortage(reservation.variant_id, reservation.quantity, missing))
        Movement.objects.bulk_create(movements)
    return shortages


def _sell_one(reservation: Reservation, actor: str, now: datetime) -> tuple[list[Movement], int]:
    """Sell one reservation, once. Returns its movement, to be saved, and how many units are missing."""
    if reservation.state == SOLD or not _leave(reservation, SOLD):
        return [], 0
    held = reservation.quantity if reservation.state == HELD else 0
    taken, off_shelf = _take(reservation.variant.stock, reservation.quantity, held)
    movement = Movement(
        variant_id=reservation.variant_id,
        reason=Movement.Reason.SOLD,
        on_hand_delta=-off_shelf,
        reserved_delta=-held,
        reference=reservation.reference,
        actor=actor,
        note="" if taken == reservation.quantity else f"{reservation.quantity - taken} missing",
        at=now,
    )
    return [movement], reservation.quantity - taken


def _take(seen: Stock, wanted: int, held: int) -> tuple[int, int]:
    """Take goods off the shelf and `held` units out of the promised ones.

    Returns (units the customer gets, units off the shelf); untracked goods have no shelf. Who holds no
    promise does not get what others were promised. Compares and swaps: when the row is no longer as it
    was `seen`, it is read again.
    """
    while True:
        taken = wanted
        if seen.is_tracked and not seen.may_backorder:
            free = seen.on_hand - (0 if held else seen.reserved)
            taken = max(0, min(wanted, free))
        off_shelf = taken if seen.is_tracked else 0
        as_seen = {
            "on_hand": seen.on_hand,
            "reserved": seen.reserved,
            "is_tracked": seen.is_tracked,
            "may_backorder": seen.may_backorder,
        }
        if TAKE.run(pk=seen.pk, **as_seen, off_shelf=off_shelf, held=held):
            return taken, off_shelf
        seen = Stock.objects.get(pk=seen.pk)


def release(reference: str, *, reason: str, actor: str, now: datetime) -> int:
    """Give back what the reference still holds; returns how many reservations that were.

    `reason` goes into the ledger: "session expired", "cancelled by the customer".
    """
    released = 0
    with transaction.atomic():
        for reservation in Reservation.objects.filter(reference=reference, state=HELD):
            if not _leave(reservation, RELEASED):
                continue
            Stock.objects.filter(pk=reservation.variant_id).update(
                reserved=F("reserved") - reservation.quantity
            )
            Movement.objects.create(
                variant_id=reservation.variant_id,
                reason=Movement.Reason.RELEASED,
                reserved_delta=-reservation.quantity,
                reference=reference,
                actor=actor,
                note=reason,
                at=now,
            )
            released += 1
    return released


def _leave(reservation: Reservation, state: Reservation.State) -> bool:
    """Move a reservation on from the state in which it was seen; False when somebody else did."""
    return bool(LEAVE.run(pk=reservation.pk, seen=reservation.state, state=state))


def extend(reference: str, expires_at: datetime) -> int:
    """Hold the reference's reservations until `expires_at`; returns how many are held."""
    return Reservation.objects.filter(reference=reference, state=HELD).update(expires_at=expires_at)


def expired_reservations(now: datetime) -> QuerySet[Reservation]:
    """Reservations whose time is over, oldest first. Only a list: whether to release one is decided
    after Stripe was asked, because the money may be on its way (design 5.2, point 5)."""
    return Reservation.objects.filter(state=HELD, expires_at__lte=now).order_by("expires_at", "pk")


def adjust(
    variant_id: int,
    delta: int,
    reason: str,
    *,
    actor: str,
    note: str = "",
    reference: str = "",
    now: datetime | None = None,
) -> None:
    """Add `delta` units to what is on hand (or take them off): received, counted, returned, damaged.

    Raises NotEnoughOnHand when the shelf has fewer than are taken off.
    """
    if delta == 0:
        return
    moment = {} if now is None else {"at": now}
    with transaction.atomic():
        row = Stock.objects.filter(pk=variant_id)
        enough = row if delta > 0 else row.filter(on_hand__gte=-delta)
        if not enough.update(on_hand=F("on_hand") + delta):
            raise NotEnoughOnHand(f"fewer than {-delta} of variant {variant_id} are on hand")
        Movement.objects.create(
            variant_id=variant_id,
            reason=Movement.Reason(reason),
            on_hand_delta=delta,
            reference=reference,
            actor=actor,
            note=note,
            **moment,
        )


def low() -> QuerySet[Stock]:
    """Stock the merchant should reorder, scarcest first; with product, for a list of them."""
    return (
        Stock.objects.filter(is_tracked=True, variant__is_active=True)
        .filter(on_hand__lte=F("reserved") + F("low_at"))
        .select_related("variant__product")
        .order_by(F("on_hand") - F("reserved"), "variant__sku")
    )
