"""The page that should be empty: what it shows when it is not, and what its buttons do."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bodega.backoffice import agreement, reconciliation
from bodega.customers.models import User
from bodega.jobs.models import Job
from bodega.lib.clock import utc_now
from bodega.orders.models import Order
from bodega.payments import stripe
from bodega.payments.models import Discrepancy, Reconciliation

PAGE = "/backoffice/payments/discrepancy/"

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


@pytest.fixture(autouse=True)
def has_bank(settings: Any) -> None:
    settings.FAKESTRIPE_URL = "http://127.0.0.1:9"


@pytest.fixture
def odd(order: Order) -> Discrepancy:
    """The order was charged less than its total."""
    now = utc_now()
    return Discrepancy.objects.create(
        kind="amount_differs",
        reference="pi_1",
        order=order,
        here=3440,
        there=3400,
        currency="EUR",
        detail="Order B-1001 was paid with another amount",
        happened_at=now,
        found_at=now,
    )


def a_run(**values: Any) -> Reconciliation:
    now = utc_now()
    usual = {"kind": "nightly", "since": now, "started_at": now, "finished_at": now, "seen": 3}
    return Reconciliation.objects.create(**usual | values)


def text(client: Client) -> str:
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return answer.content.decode()


def test_a_new_shop_says_that_nothing_was_compared(office: Client) -> None:
    page = text(office)
    assert "Not compared yet" in page
    assert page.count("Empty, as it should be.") == 3


def test_a_good_day_says_so(office: Client) -> None:
    a_run()
    page = text(office)
    assert "Stripe and the shop agree" in page
    assert "3 things at Stripe" in page


def test_a_difference_is_in_its_list_with_both_amounts_and_its_order(
    office: Client, odd: Discrepancy, order: Order
) -> None:
    page = text(office)
    assert "1 difference with Stripe" in page
    assert "34.40" in page
    assert "34.00" in page
    assert f"/backoffice/orders/order/{order.pk}/change/" in page
    assert page.count("Empty, as it should be.") == 2
    assert "1 difference with Stripe" in office.get("/backoffice/").content.decode()


def test_trouble_is_told(office: Client) -> None:
    a_run(endpoint="Stripe sends its events to nowhere: add the endpoint.")
    a_run(kind="opening", finished_at=None, error="connection refused")
    page = text(office)
    assert "to nowhere: add the endpoint." in page
    assert "connection refused" in page
    assert "Checkout is waiting for a sweep" in page


def test_days_add_up_what_runs_found(office: Client) -> None:
    a_run(settled=2, rebuilt=1, lag=90)
    a_run(kind="sweep", settled=1, lag=400, findings=2)
    a_run(settled=7, started_at=utc_now() - timedelta(days=200))
    days = agreement.last_days(timezone.localtime().date())
    assert len(days) == agreement.DAYS
    today = days[-1]
    assert (today.settled, today.rebuilt, today.lag, today.findings) == (3, 1, 400, 2)
    assert sum(day.settled for day in days) == 3
    page = text(office)
    assert page.count("<svg") >= 3
    assert "3, 1 of them rebuilt" in page


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0 s"), (119, "119 s"), (400, "7 min"), (10**5, "28 h"), (10**6, "12 d")],
)
def test_a_lag_is_told_in_its_largest_unit(seconds: int, told: str) -> None:
    assert agreement.spoken(seconds) == told


def test_looking_again_settles_and_says_how_it_went(
    office: Client, odd: Discrepancy, monkeypatch: pytest.MonkeyPatch
) -> None:
    actors = []

    def look(row: Discrepancy, *, actor: str) -> bool:
        actors.append((row.pk, actor))
        return len(actors) > 1

    monkeypatch.setattr(reconciliation, "look_again", look)
    url = f"/backoffice/discrepancies/{odd.pk}/second-look/"
    assert "it still differs" in office.post(url, follow=True).content.decode()
    assert "agree now" in office.post(url, follow=True).content.decode()
    assert actors == [(odd.pk, "owner@example.com")] * 2


def test_a_silent_stripe_is_said(
    office: Client, odd: Discrepancy, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(*_: Any, **__: Any) -> bool:
        raise stripe.StripeUnreachable("no answer")

    monkeypatch.setattr(reconciliation, "look_again", look)
    url = f"/backoffice/discrepancies/{odd.pk}/second-look/"
    assert "Stripe does not answer: no answer" in office.post(url, follow=True).content.decode()


def test_an_explanation_closes_the_row_and_stays_readable(office: Client, odd: Discrepancy) -> None:
    url = f"/backoffice/discrepancies/{odd.pk}/explanation/"
    assert "Say why they differ" in office.post(url, {"note": " "}, follow=True).content.decode()
    odd.refresh_from_db()
    assert odd.resolved_at is None
    page = office.post(url, {"note": "The rest was paid in cash"}, follow=True).content.decode()
    odd.refresh_from_db()
    assert (odd.actor, odd.resolution) == ("owner@example.com", "The rest was paid in cash")
    assert "The rest was paid in cash" in page
    assert page.count("Empty, as it should be.") == 3


def test_comparing_now_is_a_job(office: Client) -> None:
    office.post("/backoffice/reconciliations/")
    assert Job.objects.get().task == "bodega.payments.reconciling.jobs.compare_everything"


def test_who_may_only_look_has_no_buttons(client: Client, odd: Discrepancy) -> None:
    from django.contrib.auth.models import Permission

    packer = User.objects.create_user("packer@example.com", "a long enough one", is_staff=True)
    packer.user_permissions.add(Permission.objects.get(codename="view_discrepancy"))
    client.force_login(packer)
    page = text(client)
    assert "second-look" not in page
    assert client.post(f"/backoffice/discrepancies/{odd.pk}/second-look/").status_code == 403
    assert client.post(f"/backoffice/discrepancies/{odd.pk}/explanation/").status_code == 403
    assert client.post("/backoffice/reconciliations/").status_code == 403


def test_who_may_not_look_does_not(client: Client, odd: Discrepancy) -> None:
    client.force_login(
        User.objects.create_user("packer@example.com", "a long enough one", is_staff=True)
    )
    assert client.get(PAGE).status_code == 403
