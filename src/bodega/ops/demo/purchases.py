"""What people might have bought in the last months: who, when, what. Nothing is written here.

The week has a rhythm (a weekend order is half as likely again as one on a Tuesday), the day has an
evening, and business grows a little.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random

from bodega.catalog.models import Variant
from bodega.ops.demo.people import Person, person

DAYS = 120
WEEK = (1.0, 0.9, 0.9, 1.0, 1.1, 1.3, 1.45)  # Monday to Sunday
HOURS = (1, 0, 0, 0, 0, 0, 1, 2, 4, 6, 7, 7, 8, 7, 6, 6, 7, 8, 9, 11, 12, 10, 6, 3)
GROWTH = 0.6  # the last day sells so much more than the first
COMES_BACK = 0.14
GIVES_UP = 0.04
FRESH = (
    timedelta(minutes=25),
    timedelta(hours=2),
    timedelta(hours=5),
)  # so that today is not empty
LOVED = {
    "blue-hour": 6.0,
    "quarter-past": 3.5,
    "fern-study": 3.0,
    "slow-current": 3.0,
    "siesta": 2.5,
}
EASY_TO_CARRY = (0, 3, 4)  # positions of the variants: small, medium, medium in oak
MADE_OF = (0.68, 0.24, 0.08)  # share of orders with one, two, three prints


@dataclass(frozen=True, slots=True)
class Purchase:
    """Somebody orders something; `code` is the discount code she types, or empty."""

    at: datetime
    who: Person
    lines: tuple[tuple[Variant, int], ...]
    code: str
    is_paid: bool
    pays_after: timedelta
    ships_after: timedelta
    method: int  # which of the offered shipping methods


def imagine(count: int, variants: list[Variant], random: Random, now: datetime) -> list[Purchase]:
    """`count` purchases of the 120 days before `now`, in the order of time."""
    popularity = _popularity(variants, random)
    known: list[Person] = []
    found = []
    for at in _moments(count, random, now):
        who = random.choice(known) if known and random.random() < COMES_BACK else person(random)
        known.append(who)
        found.append(
            Purchase(
                at=at,
                who=who,
                lines=_basket(variants, popularity, random),
                code=_code(random),
                is_paid=random.random() >= GIVES_UP,
                pays_after=timedelta(seconds=random.randint(45, 400)),
                ships_after=timedelta(hours=random.randint(14, 70)),
                method=random.choices((0, 1, 2), (80, 12, 8))[0],
            )
        )
    return found


def _moments(count: int, random: Random, now: datetime) -> list[datetime]:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    days = [midnight - timedelta(days=ago) for ago in range(DAYS, -1, -1)]
    weights = [WEEK[day.weekday()] * (1 + GROWTH * n / DAYS) for n, day in enumerate(days)]
    weights[-1] *= (now - midnight) / timedelta(days=1)
    moments = [now - ago for ago in FRESH[:count]]
    while len(moments) < count:
        day = random.choices(days, weights)[0]
        hour = random.choices(range(24), HOURS)[0]
        moment = day + timedelta(hours=hour, seconds=random.randint(0, 3599))
        if moment < now - FRESH[0]:
            moments.append(moment)
    return sorted(moments)


def _popularity(variants: list[Variant], random: Random) -> list[float]:
    """Some prints sell much better than others, and small ones better than large framed ones."""
    loved = {variant.product_id: random.paretovariate(2.5) for variant in variants}
    return [
        loved[variant.product_id]
        * LOVED.get(variant.product.slug, 1.0)
        * (1.6 if variant.position in EASY_TO_CARRY else 0.7)
        for variant in variants
    ]


def _basket(
    variants: list[Variant], popularity: list[float], random: Random
) -> tuple[tuple[Variant, int], ...]:
    size = random.choices((1, 2, 3), MADE_OF)[0]
    chosen = {v.pk: v for v in random.choices(variants, popularity, k=size)}
    return tuple((v, 2 if random.random() < 0.06 else 1) for v in chosen.values())


def _code(random: Random) -> str:
    return random.choices(("", "WELCOME10", "FREESHIP", "FRAME15", "AUTUMN20"), (78, 11, 5, 2, 4))[
        0
    ]
