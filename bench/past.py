"""For bench/reconcile.py: a past of N paid orders, in the shop and at fakestripe alike.

Run as `past.py N BANK_FILE`, in the environment of a scratch shop. One order goes the whole way:
placed, its session made, paid, settled. The others are its copies under other names, written into both
files directly: going the whole way ten thousand times would take a quarter of an hour.
"""

import json
import sys
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import bodega.databases  # noqa: F401 - before Django: one SQLite library
from fakestripe.store import Store
from fakestripe.testing import serve

BATCH = 1_000
KINDS = ("checkout.session", "payment_intent", "charge", "balance_transaction")


def main() -> None:
    """Write it."""
    count, bank_file = int(sys.argv[1]), sys.argv[2]
    import django

    django.setup()
    with serve("--data", bank_file) as bank:
        buy(bank)
    store = Store(bank_file)
    models = [(thing, store.hidden(thing["id"]) or None) for thing in things(store)]
    with store.transaction():
        for n in range(1, count):
            for thing, hidden in models:
                store.insert(renamed(thing, n), hidden)
    store.close()
    copy_rows(count)


def buy(bank: Any) -> None:
    """The one order that goes the whole way."""
    from django.conf import settings
    from django.db import transaction

    from bodega.lib.clock import utc_now
    from bodega.merchant.models import Merchant
    from bodega.orders import freezing
    from bodega.orders.models import Order, OrderAddress, OrderLine
    from bodega.payments import attempts, settling

    settings.FAKESTRIPE_URL = bank.base_url
    now = utc_now()
    order = Order(
        checkout_key="first",
        email="ada@example.com",
        currency="EUR",
        prices_include_tax=True,
        subtotal=2500,
        total=2500,
        placed_at=now,
        expires_at=now + timedelta(minutes=30),
        terms_accepted_at=now,
    )
    line = OrderLine(sku="DUNES", title="Dunes", quantity=1, unit_price=2500, subtotal=2500)
    place = OrderAddress(
        kind="shipping", name="Ada Lovelace", street="Torstr. 1", city="Berlin", country="DE"
    )
    with transaction.atomic():
        freezing.freeze(order, [line], [place], merchant=Merchant.current())
        attempt = attempts.open_attempt(order, now=now)
    attempts.start_session(attempt, now=now)
    bank.pay(attempt.session_id)
    settling.settle(str(attempt.session_id), now=now)


def things(store: Store) -> Iterator[dict[str, Any]]:
    """What the bank has of the one order, oldest first."""
    for kind in KINDS:
        yield from store.select("type = ?", [kind])


def renamed(thing: dict[str, Any], n: int) -> dict[str, Any]:
    """A copy whose ids, and those it refers to, end differently."""
    text = json.dumps(thing)
    for found in names_in(thing):
        text = text.replace(f'"{found}"', f'"{name(found, n)}"')
    copy: dict[str, Any] = json.loads(text)
    return copy


def names_in(thing: dict[str, Any]) -> set[str]:
    """Ids of the bank, and the shop's name of the order."""
    told = json.dumps(thing).split('"')
    ids = {each for each in told if each.startswith(("cs_test_", "pi_", "ch_", "txn_"))}
    about = thing.get("metadata") or {}
    return ids | {about[key] for key in ("order", "number", "checkout_key") if key in about}


def name(found: str, n: int) -> str:
    """The n-th copy's name, as long as the first one's."""
    mark = f"{n:08d}"
    return f"{found}x{n}" if len(found) < 16 else found[: -len(mark)] + mark


def copy_rows(count: int) -> None:
    """The shop's rows of the copies."""
    from bodega.orders.models import Order
    from bodega.payments.models import Attempt, LedgerEntry

    order = Order.objects.get(checkout_key="first")
    attempt, entry = order.attempts.get(), order.ledger.get()
    for start in range(1, count, BATCH):
        numbers = range(start, min(start + BATCH, count))
        orders = Order.objects.bulk_create(
            copies(order, numbers, "public_id", "number", "checkout_key")
        )
        tries = copies(attempt, numbers, "session_id", "payment_intent", "idempotency_key")
        for each, owner in zip(tries, orders, strict=True):
            each.order = owner
        Attempt.objects.bulk_create(tries)
        entries = copies(entry, numbers, "payment_intent", "charge")
        for row, owner, owned in zip(entries, orders, tries, strict=True):
            row.order, row.attempt = owner, owned
        LedgerEntry.objects.bulk_create(entries)


def copies(row: Any, numbers: range, *unique: str) -> list[Any]:
    """Unsaved copies of a row, with other values where each must have its own."""
    fields = [field.attname for field in row._meta.concrete_fields if not field.primary_key]
    found = []
    for n in numbers:
        values = {field: getattr(row, field) for field in fields}
        found.append(type(row)(**values | {field: name(values[field], n) for field in unique}))
    return found


if __name__ == "__main__":
    main()
