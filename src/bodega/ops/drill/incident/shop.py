"""A real shop in a process of its own, driven by JSON lines: `python -m bodega.ops.drill.incident.shop`.

It does what web process and worker do, with their own code: an order is placed at the counter, the
session started at the bank, and settled when the bank says paid. `$BODEGA_VOLUME` is the shop.
"""

import json
import os
import secrets
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

import bodega.databases  # noqa: F401 - before Django: one SQLite library
from bodega.ops.drill.incident.premises import BUYER

Answer = dict[str, Any]
PRINTS = (("SIESTA", "Siesta", 4900), ("DUNES", "Dunes", 2900), ("FERN", "Fern Study", 3500))
ON_HAND = 100


def furnish(on_hand: int = ON_HAND) -> Answer:
    """A merchant, tariffs, and three prints with stock that was received."""
    from django.db import transaction

    from bodega.catalog import stock
    from bodega.catalog.models import Product, Stock, Variant
    from bodega.lib.clock import utc_now
    from bodega.ops.demo import premises, tariffs

    with transaction.atomic():
        premises.move_in()
        tariffs.set_tariffs(utc_now())
        for sku, title, price in PRINTS:
            product = Product.objects.create(
                title=title, slug=sku.lower(), status=Product.Status.ACTIVE
            )
            variant = Variant.objects.create(product=product, sku=sku, price=price, weight=300)
            Stock.objects.get_or_create(variant=variant)
            stock.adjust(variant.pk, on_hand, "received", actor="drill")
    return {"variants": list(Variant.objects.values_list("pk", flat=True))}


def order(n: int) -> Answer:
    """The `n`th customer orders, and stands at the bank's payment page; what she was told."""
    from bodega.databases.durability import durable
    from bodega.lib.clock import utc_now
    from bodega.payments import attempts

    placed = _place(n, utc_now())
    attempt = placed.attempts.get()
    attempts.start_session(attempt, now=utc_now())
    durable()
    return {"number": placed.number, "session": attempt.session_id}


def _place(n: int, now: datetime) -> Any:
    from bodega.cart import changing
    from bodega.catalog.models import Variant
    from bodega.checkout.counter import Counter
    from bodega.checkout.placing import place

    variant = Variant.objects.get(sku=PRINTS[n % len(PRINTS)][0])
    cart = changing.add("", variant.pk, 1 + n % 2, now)
    shown = Counter(cart, BUYER, now=now).bill
    total = {"total": str(shown.totals.total)}
    method = {"method": str(shown.method.method_id)} if shown.method else {}
    counter = Counter(cart, BUYER | total | method, now=now)
    if not counter.is_ready:
        raise RuntimeError(f"the counter is not ready: {counter.form.errors.as_json()}")
    return place(counter, secrets.token_hex(16), now=now)


def settle(session: str) -> Answer:
    """The bank says paid: what the webhook's job does. The customer reads "thank you" after it."""
    from bodega.databases.durability import durable
    from bodega.lib.clock import utc_now
    from bodega.payments import settling

    settled = settling.settle(session, now=utc_now())
    durable()
    return {"status": str(settled.status)}


def work() -> Answer:
    """Everything the worker would do by now: receipts, announcements."""
    from bodega.outbox.testing import drain

    return {"jobs": len(drain())}


COMMANDS: dict[str, Callable[..., Answer]] = {
    "furnish": furnish,
    "order": order,
    "settle": settle,
    "work": work,
}


def main() -> None:
    """Obey the driver line by line, until it hangs up."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bodega.settings")
    import django

    django.setup()
    for line in sys.stdin:
        command = json.loads(line)
        answer = COMMANDS[command.pop("do")](**command)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
