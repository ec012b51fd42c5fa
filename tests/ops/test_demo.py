"""*Bodega Prints* is complete, adds up, and comes only into an empty shop."""

from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.db.models import F, Sum
from PIL import Image as Pillow
from PIL import ImageChops, ImageStat

from bodega.catalog.models import Image, Movement, Product, Reservation, Stock, Variant
from bodega.cli import demo as verb
from bodega.customers.models import User
from bodega.discounts.models import Discount
from bodega.merchant.models import Merchant, Page
from bodega.ops.demo import loading
from bodega.ops.demo.art.canvas import PALETTES
from bodega.ops.demo.art.drawing import FAMILIES, draw
from bodega.ops.demo.loading import Loaded, NotEmpty, load
from bodega.ops.demo.prints import MOTIFS, prints
from bodega.ops.demo.purchases import DAYS, imagine
from bodega.ops.showcase import STAFF
from bodega.orders import dispatching
from bodega.orders.freezing import check_sums
from bodega.orders.models import Invoice, Mail, Order, Series, Shipment
from bodega.outbox.models import Message
from bodega.payments.models import Attempt
from bodega.shipping.quotes import quotes

NOW = datetime(2026, 5, 20, 15, 30, tzinfo=UTC)
ORDERS = 120
PICTURES = Path(loading.__file__).parent / "pictures"


@pytest.fixture(scope="class")
def demo(django_db_setup: None, django_db_blocker: Any) -> Iterator[Loaded]:
    """The demo shop, loaded once for the class below and rolled back afterwards."""
    with django_db_blocker.unblock(), closing(connection), transaction.atomic():
        yield load(orders=ORDERS, products=0, seed=1, now=NOW)
        transaction.set_rollback(True)


@pytest.mark.usefixtures("db")
class TestLoaded:
    """What is there after `bodega demo`."""

    def test_paid_orders_have_invoices_numbered_in_the_order_of_payment(self, demo: Loaded) -> None:
        invoices = list(Invoice.objects.select_related("order").order_by("sequence"))
        assert [each.sequence for each in invoices] == list(range(1, len(invoices) + 1))
        assert Series.objects.get(kind="invoice").last == len(invoices)
        paid = Order.objects.exclude(paid_at=None).order_by("paid_at", "pk")
        assert [each.order for each in invoices] == list(paid)
        for each in invoices:
            assert each.issued_at == each.order.paid_at
            assert sum(row["tax"] for row in each.content["taxes"]) == each.order.tax == each.tax
            assert len(each.content["lines"]) == each.order.lines.count()
            assert each.content["buyer"]["name"]

    def test_the_shop_is_furnished(self, demo: Loaded) -> None:
        assert demo == Loaded(products=36, orders=ORDERS, was_there=False)
        assert Merchant.current().is_demo
        assert Variant.objects.count() == 36 * 9
        assert set(Page.objects.values_list("kind", flat=True)) == set(Page.Kind)
        email, password = STAFF
        assert User.objects.get(email=email).check_password(password)

    def test_a_second_time_changes_nothing(self, demo: Loaded) -> None:
        before = Movement.objects.count()
        again = load(orders=5, products=0, seed=2, now=NOW)
        assert again == Loaded(products=36, orders=ORDERS, was_there=True)
        assert Movement.objects.count() == before

    def test_the_stock_is_what_its_movements_add_up_to(self, demo: Loaded) -> None:
        ledger = Movement.objects.values("variant").annotate(
            on_hand=Sum("on_hand_delta"), reserved=Sum("reserved_delta")
        )
        counted = {row["variant"]: (row["on_hand"], row["reserved"]) for row in ledger}
        for stock in Stock.objects.all():
            assert counted.get(stock.pk, (0, 0)) == (stock.on_hand, stock.reserved)
        assert not Stock.objects.filter(reserved__gt=0).exists()

    def test_nothing_was_sold_before_it_was_delivered(self, demo: Loaded) -> None:
        in_order = list(Movement.objects.order_by("pk").values_list("variant", "on_hand_delta"))
        left: Counter[int] = Counter()
        for variant, delta in in_order:
            left[variant] += delta
            assert left[variant] >= 0
        assert in_order

    def test_every_order_adds_up(self, demo: Loaded) -> None:
        for order in Order.objects.prefetch_related("lines", "addresses"):
            check_sums(order, list(order.lines.all()))
            assert sum(row["net"] + row["tax"] for row in order.taxes) == order.total
            assert len(order.addresses.all()) == 1

    def test_every_paid_order_was_paid_once_and_no_other_was(self, demo: Loaded) -> None:
        paid = Order.objects.filter(paid_at__isnull=False)
        assert 0.85 * ORDERS < paid.count() < ORDERS
        for order in paid.prefetch_related("ledger", "attempts", "mails"):
            assert [entry.amount for entry in order.ledger.all()] == [order.total]
            assert [attempt.state for attempt in order.attempts.all()] == [Attempt.State.PAID]
            assert {mail.state for mail in order.mails.all()} == {Mail.State.SENT}
            assert order.mails.all()[0].kind == "receipt"
        unpaid = Order.objects.filter(paid_at__isnull=True)
        assert not unpaid.filter(ledger__isnull=False).exists()
        assert set(unpaid.values_list("status", flat=True)) == {Order.Status.EXPIRED}

    def test_what_was_sent_is_in_a_parcel_and_nothing_else_is_fulfilled(self, demo: Loaded) -> None:
        for order in Order.objects.filter(status=Order.Status.FULFILLED):
            assert dispatching.remaining(order) == {}
            assert order.mails.filter(kind__in=["shipped", "ready"]).count() == 1
        assert not Shipment.objects.exclude(order__status=Order.Status.FULFILLED).exists()
        assert Shipment.objects.filter(delivered_at=None).exists()
        assert Shipment.objects.exclude(delivered_at=None).exists()

    def test_reservations_end_as_their_orders_did(self, demo: Loaded) -> None:
        ended = Counter(Reservation.objects.values_list("state", flat=True))
        lines = Order.objects.filter(paid_at__isnull=False).values_list("lines")
        assert ended[Reservation.State.SOLD] == lines.count()
        assert ended[Reservation.State.HELD] == 0

    def test_codes_were_used_as_often_as_they_say(self, demo: Loaded) -> None:
        for discount in Discount.objects.all():
            assert discount.used == discount.redemptions.count()
            assert discount.used <= (discount.limit or ORDERS)
        assert Discount.objects.filter(used__gt=0).count() >= 2
        welcomed = Order.objects.filter(discount_code="WELCOME10", paid_at__isnull=False)
        emails = list(welcomed.values_list("email", flat=True))
        assert len(emails) == len(set(emails))

    def test_numbers_go_on_where_the_past_ended(self, demo: Loaded) -> None:
        by_age = list(Order.objects.order_by("placed_at").values_list("number", flat=True))
        assert by_age == [f"BP-{1000 + order.pk}" for order in Order.objects.order_by("pk")]

    def test_nothing_is_left_to_be_sent(self, demo: Loaded) -> None:
        assert not Message.objects.exists()
        assert Order.objects.filter(placed_at__gt=NOW).count() == 0
        assert Order.objects.filter(placed_at__gte=NOW - timedelta(hours=6)).count() >= 3

    def test_every_print_has_two_pictures_in_three_sizes(self, demo: Loaded) -> None:
        assert Image.objects.count() == 72
        for image in Image.objects.all():
            assert set(image.renditions) == {"400", "800", "1600"}
            assert all(
                Path(settings.MEDIA_ROOT, path).exists() for path in image.renditions.values()
            )
            assert image.alt
        with Pillow.open(Path(settings.MEDIA_ROOT, image.renditions["400"])) as small:
            assert small.width == 400

    def test_there_is_something_of_every_kind_to_see(self, demo: Loaded) -> None:
        gone = Stock.objects.filter(on_hand=0)
        assert gone.filter(may_backorder=False).exists()
        assert gone.filter(may_backorder=True).exists()
        assert Stock.objects.filter(on_hand__range=(1, 5)).exists()
        assert Variant.objects.filter(compare_at__gt=F("price")).exists()
        assert Product.objects.filter(tax_class="reduced").exists()

    def test_a_print_can_be_sent_everywhere_it_was_sold_to(self, demo: Loaded) -> None:
        countries = set(Order.objects.values_list("addresses__country", flat=True))
        assert "DE" in countries
        assert all(quotes(country, 20_000, 5_000) for country in countries)
        assert quotes("DE", 500, 8_000)[0].price == 0
        assert quotes("DE", 500, 7_999)[0].price == 490

    def test_the_verb_tells_how_to_get_in_and_leaves_a_demo_alone(
        self, demo: Loaded, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert verb.run([]) == 0
        assert "demo shop already: 36 products, 120 orders" in capsys.readouterr().out
        assert f"{STAFF[0]} / {STAFF[1]}" in verb.report(36, 640, False, 1.0)


@pytest.mark.django_db
def test_a_shop_with_goods_of_its_own_is_refused() -> None:
    Product.objects.create(title="Mine", slug="mine")
    with pytest.raises(NotEmpty, match=r"products \(1\) or orders \(0\) of its own"):
        load(orders=1, products=0, seed=1, now=NOW)
    assert Product.objects.count() == 1


@pytest.mark.django_db
def test_a_large_catalogue_is_made_in_bulk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loading.hanging, "prepare", dict)
    loaded = load(orders=0, products=250, seed=1, now=NOW)
    assert (loaded.products, loaded.orders) == (250, 0)
    assert Variant.objects.filter(product__slug__endswith="-214").exists()
    assert Stock.objects.count() == Variant.objects.count()


@pytest.mark.django_db
def test_the_past_has_a_weekly_rhythm_and_grows() -> None:
    variant = Variant(pk=1, product=Product(pk=1, slug="x"), position=0)
    past = imagine(4000, [variant], Random(7), NOW)
    days = Counter(purchase.at.weekday() for purchase in past)
    assert days[5] + days[6] > 1.2 * (days[1] + days[2])
    half = NOW - timedelta(days=DAYS / 2)
    assert sum(purchase.at > half for purchase in past) > 0.52 * len(past)
    assert [purchase.at for purchase in past] == sorted(purchase.at for purchase in past)


def test_the_same_seed_is_the_same_past() -> None:
    variant = Variant(pk=1, product=Product(pk=1, slug="x"), position=0)
    one, same, other = (imagine(50, [variant], Random(seed), NOW) for seed in (1, 1, 2))
    assert one == same
    assert one != other


def test_every_print_can_be_drawn_and_described() -> None:
    assert len({item.slug for item in prints()}) == 36
    for item in prints():
        assert item.family in FAMILIES
        assert item.family in MOTIFS
        assert item.palette in PALETTES
        assert len(item.text) > 60


def test_the_pictures_are_there_and_light() -> None:
    wanted = {f"{item.slug}{view}.webp" for item in prints() for view in ("", "-wall")}
    assert {path.name for path in PICTURES.iterdir()} == wanted
    assert sum(path.stat().st_size for path in PICTURES.iterdir()) < 6_000_000


@pytest.mark.parametrize("slug", ["siesta", "blue-hour", "half-moons"])
def test_a_print_drawn_again_looks_like_the_stored_one(slug: str) -> None:
    item = next(item for item in prints() if item.slug == slug)
    other = next(item for item in prints() if item.slug == "undertow")
    assert difference(draw(item), slug) < 4
    with Pillow.open(PICTURES / f"{other.slug}.webp") as stranger:
        assert difference(stranger.convert("RGB"), slug) > 20


def difference(picture: Pillow.Image, slug: str) -> float:
    """The mean difference to a stored picture, 0 to 255 a channel, at a glance (100 pixels)."""
    with Pillow.open(PICTURES / f"{slug}.webp") as stored:
        glances = [each.convert("RGB").resize((100, 100)) for each in (picture, stored)]
    return max(ImageStat.Stat(ImageChops.difference(*glances)).mean)


@pytest.mark.parametrize("words", [["--orders", "-1"], ["--products", "many"], ["--seed", "1.5"]])
def test_a_wrong_number_is_refused_with_its_limit(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as refused:
        verb.run(words)
    assert refused.value.code == 2
    assert "is not a number from 0 to" in capsys.readouterr().err


@pytest.mark.django_db
def test_the_verb_says_what_it_refuses(capsys: pytest.CaptureFixture[str]) -> None:
    Product.objects.create(title="Mine", slug="mine")
    assert verb.run([]) == 1
    assert "bodega demo: this shop has products (1)" in capsys.readouterr().err
