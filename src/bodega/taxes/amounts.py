"""Tax in whole minor units: pure arithmetic, no database.

**Rounding** is per line, half away from zero (commercial rounding, as DIN 1333 calls it). European law
leaves the method to the member states as long as it favours nobody systematically (Court of Justice,
C-484/06 Ahold, 2008, and C-302/07 Wetherspoon, 2009). Per line, because a line is what is refunded: its
tax can be given back exactly, years later, from the snapshot on the order.

**Shipping** without a tax class of its own shares the fate of the goods (ancillary supply; C-349/96
Card Protection Plan, 1999): its price is divided over the goods' rates by what is paid for them.

**Discounts** lower the taxable amount of the lines they are taken from (Directive 2006/112/EC, art. 79).

**Inclusive prices** stay what they are wherever they are sent; only the tax contained in them differs.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from bodega.lib.money import share, split

MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Rate:
    """`ppm` millionths: 19 % is 190000, 8.875 % is 88750."""

    name: str
    ppm: int

    @property
    def percent(self) -> str:
        """Without needless zeros: "19", "8.875"."""
        whole, rest = divmod(self.ppm, 10_000)
        return f"{whole}.{rest:04d}".rstrip("0").rstrip(".")

    def __str__(self) -> str:
        return f"{self.name} {self.percent} %".strip()


NO_TAX = Rate("", 0)


@dataclass(frozen=True, slots=True)
class TaxedPart:
    """A line of goods, or shipping's share under one rate. Minor units.

    `subtotal` is before and `total` after `discount`; `tax` is contained in `total` when prices include
    tax and comes on top of it when they do not.
    """

    subtotal: int
    discount: int
    rate: Rate
    tax: int

    @property
    def total(self) -> int:
        return self.subtotal - self.discount


@dataclass(frozen=True, slots=True)
class TaxSum:
    """What an invoice states for one rate: gross = net + tax."""

    rate: Rate
    net: int
    tax: int

    @property
    def gross(self) -> int:
        return self.net + self.tax


@dataclass(frozen=True, slots=True)
class Totals:
    """An order's amounts; each equals the sum of its parts to the last minor unit."""

    lines: tuple[TaxedPart, ...]
    shipping_parts: tuple[TaxedPart, ...]
    prices_include_tax: bool

    @property
    def subtotal(self) -> int:
        """Goods before discount."""
        return sum(line.subtotal for line in self.lines)

    @property
    def discount(self) -> int:
        return sum(line.discount for line in self.lines)

    @property
    def shipping(self) -> int:
        """The price of shipping, tax as the shop's prices have it."""
        return sum(part.total for part in self.shipping_parts)

    @property
    def shipping_tax(self) -> int:
        return sum(part.tax for part in self.shipping_parts)

    @property
    def tax(self) -> int:
        """All of it, contained in or added to the total."""
        return self.shipping_tax + sum(line.tax for line in self.lines)

    @property
    def total(self) -> int:
        """What is paid: goods − discount + shipping, plus tax when prices exclude it."""
        added_tax = 0 if self.prices_include_tax else self.tax
        return self.subtotal - self.discount + self.shipping + added_tax

    @property
    def summary(self) -> tuple[TaxSum, ...]:
        """A row per rate, highest first; their `gross` adds up to `total`, their `tax` to `tax`.

        A row of rate 0 stands for untaxed goods; an invoice shows it, a cart need not.
        """
        sums: dict[Rate, list[int]] = defaultdict(lambda: [0, 0])
        for part in (*self.lines, *self.shipping_parts):
            sums[part.rate][0] += part.total - (part.tax if self.prices_include_tax else 0)
            sums[part.rate][1] += part.tax
        highest_first = sorted(sums, key=lambda rate: (-rate.ppm, rate.name))
        return tuple(TaxSum(rate, *sums[rate]) for rate in highest_first if any(sums[rate]))


def totals(
    lines: Sequence[tuple[int, Rate]],
    discount_shares: Sequence[int],
    shipping: tuple[int, Rate | None],
    *,
    inclusive: bool,
) -> Totals:
    """Every amount of an order.

    `lines` are (unit price × quantity, rate); `discount_shares` is what is taken off each of them, in
    the same order, at most the line itself; `shipping` is (price, rate), rate None: as the goods.
    Raises ValueError for a negative amount or a share larger than its line.
    """
    goods = [
        _part(amount, discount, rate, inclusive)
        for (amount, rate), discount in zip(lines, discount_shares, strict=True)
    ]
    price, shipping_rate = shipping
    shares = _as_the_goods(price, goods) if shipping_rate is None else [(price, shipping_rate)]
    parts = [_part(amount, 0, rate, inclusive) for amount, rate in shares]
    return Totals(tuple(goods), tuple(parts), inclusive)


def contained(gross: int, ppm: int) -> int:
    """The tax inside a price that includes it: 11900 at 19 % contains 1900."""
    return share(gross, ppm, MILLION + ppm)


def added(net: int, ppm: int) -> int:
    """The tax on top of a price that excludes it: 10000 at 19 % costs 1900 more."""
    return share(net, ppm, MILLION)


def _part(subtotal: int, discount: int, rate: Rate, inclusive: bool) -> TaxedPart:
    if not 0 <= discount <= subtotal:
        raise ValueError(f"{discount} cannot be taken off {subtotal}")
    tax = (contained if inclusive else added)(subtotal - discount, rate.ppm)
    return TaxedPart(subtotal, discount, rate, tax)


def _as_the_goods(price: int, goods: Sequence[TaxedPart]) -> list[tuple[int, Rate]]:
    """`price` over the goods' rates, by what is paid for them (or would be, if all of it is free)."""
    by_rate: dict[Rate, int] = defaultdict(int)
    all_is_free = not any(line.total for line in goods)
    for line in goods:
        by_rate[line.rate] += line.subtotal if all_is_free else line.total
    if not by_rate:
        return [(price, NO_TAX)] if price else []
    return list(zip(split(price, list(by_rate.values())), by_rate, strict=True))
