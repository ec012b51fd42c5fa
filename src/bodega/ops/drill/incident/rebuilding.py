"""Part four, the worst case: all guards in vain, the database is gone, there is yesterday's backup."""

import json
from pathlib import Path
from typing import Any

from bodega.ops.drill.evidence import SEEDS
from bodega.ops.drill.incident.premises import Shop, Street, open_street
from bodega.ops.drill.incident.telling import Part, Say, Teller

TODAY = 2


def rebuilt(scratch: Path, say: Say) -> Part:
    """Yesterday's backup is restored, and today's orders are rebuilt from the bank's."""
    part = Part(
        "rebuilt",
        "4. The worst case: the database is gone, yesterday's backup is restored",
        "every charge must be one paid order again, to the cent, and the audit must find nothing",
    )
    teller = Teller(part, say)
    with open_street(scratch) as street:
        live(street, teller)
        lose(street, teller)
        return recover(street, teller)


def live(street: Street, teller: Teller) -> None:
    """Two days of a shop, and a backup in between."""
    street.bodega("init", "--shop", "Drill")
    with street.shop() as shop:
        shop.tell("furnish")
        sold = [buy(shop, street, n) for n in range(SEEDS)]
        shop.tell("work")
        teller.step(f"A shop opens. {len(sold)} customers order, pay, and are told “thank you”.")
        street.bodega("backup")
        teller.step("Night: bodega backup, beside the living shop.")
        today = [buy(shop, street, SEEDS + n) for n in range(TODAY)]
        shop.tell("work")
    teller.step(f"The next day {len(today)} more order and pay: {' and '.join(today)}.")
    audit = street.audit()
    teller.fact(
        f"bodega audit: {audit['sentence']}",
        sold=len(sold) + len(today),
        healthy=audit["level"] == "ok",
    )


def buy(shop: Shop, street: Street, n: int) -> str:
    """One customer; her order's number."""
    placed = shop.tell("order", n=n)
    street.bank.pay(placed["session"])
    shop.tell("settle", session=placed["session"])
    return str(placed["number"])


def lose(street: Street, teller: Teller) -> None:
    """What is left is the backup, and the order journal, which a restore never sets back."""
    street.bodega("restore")
    teller.step("The database is lost. bodega restore: the shop is as it was last night.")
    audit = street.audit()
    gaps = [gap for gap in audit["gaps"] if gap["fate"] == "unexplained"]
    for gap in gaps:
        teller.fact(f"bodega audit: id {gap['first']}: {gap['fate']}. {gap['told']}.")
    missing = sum(gap["last"] - gap["first"] + 1 for gap in gaps)
    teller.fact(
        f"{missing} orders are missing, and this time the auditor knows which: the journal has them.",
        missing=missing,
    )


def recover(street: Street, teller: Teller) -> Part:
    """Ask the bank, then look again."""
    told = json.loads(street.bodega("reconcile", "--json"))
    teller.step("bodega reconcile: every payment the bank knows, against the shop.")
    audit = street.audit()
    charges = street.bank.charges()
    charged = sum(charge["amount"] for charge in charges)
    mine = sums(audit)
    teller.fact(
        f"The bank has {len(charges)} charges, {amount(charged)}. The shop has {mine['paid']} paid "
        f"orders, {amount(mine['total'])}, and {amount(mine['charged'])} in its ledger.",
        charges=len(charges),
        bank_total=charged,
        shop_total=mine["total"],
        ledger=mine["charged"],
        paid=mine["paid"],
        rebuilt=told["rebuilt"],
        findings=sum(answer["level"] != "ok" for answer in audit["answers"]),
    )
    teller.fact(f"bodega audit: {audit['sentence']}")
    return teller.end(is_whole(teller.part.numbers), f"{told['rebuilt']} orders were rebuilt.")


def is_whole(numbers: dict[str, Any]) -> bool:
    """Healthy before, two missing after the restore, and nothing in the end."""
    return bool(
        numbers["healthy"]
        and numbers["missing"] == numbers["rebuilt"] == TODAY
        and numbers["charges"] == numbers["paid"] == numbers["sold"]
        and numbers["bank_total"] == numbers["shop_total"] == numbers["ledger"]
        and numbers["findings"] == 0
    )


def sums(audit: dict[str, Any]) -> dict[str, int]:
    """What the shop's only currency adds up to."""
    (found,) = audit["sums"]
    return {name: value for name, value in found.items() if name != "currency"}


def amount(cents: int) -> str:
    """Euros, for people."""
    return f"€{cents / 100:,.2f}"
