from datetime import timedelta

import pytest
from django.test import Client

from bodega.backoffice import dashboard
from bodega.catalog.models import Stock, Variant
from bodega.orders.models import Order
from tests.backoffice.conftest import NOW

pytestmark = pytest.mark.django_db


def test_today_is_todays_paid_orders_only(order: Order) -> None:
    facts = dashboard.facts(NOW)
    assert (facts["today_revenue"], facts["today"].orders) == ("€34.40", 1)
    tomorrow = dashboard.facts(NOW + timedelta(days=1))
    assert (tomorrow["today_revenue"], tomorrow["today"].orders) == ("€0.00", 0)
    assert tomorrow["week_revenue"] == "€34.40"


def test_an_unpaid_order_is_no_revenue(order: Order) -> None:
    Order.objects.update(paid_at=None, status=Order.Status.AWAITING_PAYMENT)
    assert dashboard.facts(NOW)["today_revenue"] == "€0.00"


def test_every_one_of_the_thirty_days_is_there(order: Order) -> None:
    days = dashboard.last_days(NOW.date())
    assert len(days) == 30
    assert days[-1].revenue == 3440
    assert sum(day.revenue for day in days[:-1]) == 0


def test_what_waits_is_counted_and_linked(order: Order, variant: Variant) -> None:
    assert dashboard.tasks() == [
        dashboard.Task("1 order to ship", "/backoffice/orders/order/?status__exact=paid")
    ]
    Stock.objects.filter(pk=variant.pk).update(on_hand=2)
    assert "1 variant sold out" in [task.text for task in dashboard.tasks()]
    Order.objects.update(is_oversold=True)
    assert dashboard.tasks()[0].text == "1 paid order oversold"


@pytest.mark.parametrize(
    ("before", "after", "words"), [(100, 150, "+50 %"), (100, 80, "-20 %"), (0, 5, "–")]
)
def test_a_change_is_said_in_words(before: int, after: int, words: str) -> None:
    assert dashboard.change(before, after) == words


def test_the_start_page_shows_it(office: Client, order: Order) -> None:
    page = office.get("/backoffice/").content.decode()
    assert 'class="bo-plot"' in page
    assert "B-1001" in page


def test_an_empty_shop_has_a_friendly_start_page(office: Client) -> None:
    page = office.get("/backoffice/").content.decode()
    assert "No orders yet" in page
    assert "Nothing waits for you" in page
