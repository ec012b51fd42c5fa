"""How much tax a credit note gives back: pure arithmetic, exact to the minor unit.

Tax is given back per rate and cumulatively: after credits of `c` from a rate's gross `g` that contains
`t`, the credit notes together state `t × c ÷ g`, rounded once. So credit notes over everything state
exactly the invoice's tax, in however many parts, and each differs from its own exact share by less than
one minor unit. (Rounding each note for itself would end a cent beside the invoice.)
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bodega.lib.money import share, split

RateKey = tuple[str, int]  # name and millionths
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What is to be credited, tax contained. `lines`: an invoice's line, how many, how much."""

    total: int
    lines: Sequence[tuple[Mapping[str, Any], int, int]] = ()
    shipping: int = 0

    @property
    def rest(self) -> int:
        """What belongs to no line and not to shipping: a price reduction."""
        return self.total - self.shipping - sum(amount for *_, amount in self.lines)


@dataclass(frozen=True, slots=True)
class Credit:
    """What a credit note states. `total` is `lines` + `shipping` + `rest`, and gross of `taxes`."""

    total: int
    lines: tuple[Row, ...]
    shipping: int
    rest: int
    taxes: tuple[Row, ...]

    @property
    def tax(self) -> int:
        return sum(row["tax"] for row in self.taxes)


def credit(
    invoice: Mapping[str, Any], earlier: Iterable[Mapping[str, Any]], asked: Asked
) -> Credit:
    """The credit of `asked` against an invoice's content; `earlier`: contents of its credit notes.

    Never more than is left of the invoice; what a rate cannot bear is taken from the others. Lines whose
    amounts make more than the total are not named: then it is a mere reduction.
    """
    books = _Books(invoice, earlier)
    total = min(asked.total, sum(books.left.values()))
    if total < asked.total or asked.rest < 0 or asked.shipping < 0:
        asked = Asked(total)
    wanted = dict.fromkeys(books.left, 0)
    for line, _, amount in asked.lines:
        key = (line["tax_name"], line["tax_ppm"])
        wanted[key if key in wanted else next(iter(wanted))] += amount
    _spread(asked.shipping, books.shipping, wanted)
    taken = {key: min(amount, books.left[key]) for key, amount in wanted.items()}
    _spread(total - sum(taken.values()), _difference(books.left, taken), taken)
    return Credit(
        total,
        tuple(_line(*each) for each in asked.lines),
        asked.shipping,
        asked.rest,
        tuple(books.row(key, gross) for key, gross in taken.items() if gross),
    )


class _Books:
    """An invoice's rates: what it states, and what is credited of it already. Gross amounts."""

    def __init__(self, invoice: Mapping[str, Any], earlier: Iterable[Mapping[str, Any]]) -> None:
        self.stated: dict[RateKey, tuple[int, int]] = {}
        for row in invoice["taxes"] or [{"name": "", "ppm": 0, "net": invoice["total"], "tax": 0}]:
            self.stated[_key(row)] = (row["net"] + row["tax"], row["tax"])
        self.credited = dict.fromkeys(self.stated, (0, 0))
        for row in (row for note in earlier for row in note["taxes"]):
            gross, tax = self.credited[_key(row)]
            self.credited[_key(row)] = (gross + row["net"] + row["tax"], tax + row["tax"])
        self.left = {key: self.stated[key][0] - self.credited[key][0] for key in self.stated}
        self.shipping = self._shipping(invoice)

    def _shipping(self, invoice: Mapping[str, Any]) -> dict[RateKey, int]:
        """Shipping's gross under each rate: what the invoice states and no line explains."""
        goods = dict.fromkeys(self.stated, 0)
        for line in invoice["lines"]:
            key = (line["tax_name"], line["tax_ppm"])
            added_tax = 0 if invoice["includes_tax"] else line["tax"]
            if key in goods:
                goods[key] += line["subtotal"] - line["discount"] + added_tax
        return {key: max(0, self.stated[key][0] - goods[key]) for key in self.stated}

    def row(self, key: RateKey, gross: int) -> Row:
        """What the credit note states for a rate of which `gross` is given back."""
        stated, stated_tax = self.stated[key]
        before, tax_before = self.credited[key]
        tax = share(stated_tax, before + gross, stated) - tax_before
        tax = max(0, min(tax, gross))
        return {"name": key[0], "ppm": key[1], "net": gross - tax, "tax": tax}


def _spread(amount: int, weights: Mapping[RateKey, int], onto: dict[RateKey, int]) -> None:
    for key, part in zip(weights, split(amount, list(weights.values())), strict=True):
        onto[key] += part


def _difference(left: Mapping[RateKey, int], taken: Mapping[RateKey, int]) -> dict[RateKey, int]:
    return {key: left[key] - taken[key] for key in left}


def _key(row: Mapping[str, Any]) -> RateKey:
    return (row["name"], row["ppm"])


def _line(line: Mapping[str, Any], quantity: int, amount: int) -> Row:
    named = {field: line[field] for field in ("sku", "title", "options", "tax_name", "tax_ppm")}
    return {**named, "quantity": quantity, "amount": amount}
