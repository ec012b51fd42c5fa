"""Filling an empty shop, once."""

from dataclasses import dataclass
from datetime import datetime
from random import Random

from django.db import transaction

from bodega.catalog.models import Product
from bodega.merchant.models import Merchant
from bodega.ops.demo import catalogue, hanging, history, premises, tariffs, warehouse
from bodega.orders.models import Order


class NotEmpty(RuntimeError):
    """The shop has goods or orders of its own; the demo would mix with them."""


@dataclass(frozen=True)
class Loaded:
    """What is in the shop now."""

    products: int
    orders: int
    was_there: bool


def load(*, orders: int, products: int, seed: int, now: datetime) -> Loaded:
    """Put *Bodega Prints* into an empty volume; a shop that is the demo already stays as it is.

    `orders` past orders end at `now`; with `products` above the 36 prints, plain prints are added for
    measuring. Pictures are written first: files without rows harm nobody, rows without files do. Raises
    NotEmpty for a shop that is somebody's.
    """
    if Merchant.objects.filter(is_demo=True).exists():
        return Loaded(Product.objects.count(), Order.objects.count(), was_there=True)
    refuse_a_living_shop()
    random = Random(seed)  # noqa: S311 - the same demo shop every time, nothing secret
    pictures = hanging.prepare()
    with transaction.atomic():
        premises.move_in()
        tariffs.set_tariffs(now)
        shown = catalogue.fill_shelves(random, now)
        hanging.hang(shown, pictures)
        history.write(orders, random, now)
        warehouse.fill(products - len(shown), random, now)
    return Loaded(Product.objects.count(), Order.objects.count(), was_there=False)


def refuse_a_living_shop() -> None:
    """Raise NotEmpty when there is a product or an order already."""
    products, orders = Product.objects.count(), Order.objects.count()
    if products or orders:
        what = f"products ({products}) or orders ({orders})"
        raise NotEmpty(
            f"this shop has {what} of its own, and the demo only fills an empty one. "
            "Choose another volume: BODEGA_VOLUME=./demo bodega init && BODEGA_VOLUME=./demo bodega demo"
        )
