"""Giving money back from the order's page."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from bodega.catalog.models import Stock
from bodega.customers.models import User
from bodega.lib.clock import utc_now
from bodega.orders.models import Order
from bodega.payments import attempts, disputes, refunding, stripe
from bodega.payments.models import Dispute, Refund
from bodega.payments.reversals import BankDispute
from bodega.payments.settling import settle
from tests.till import MemoryBank, bank, buyer, merchant, order, paid, variant

__all__ = ["bank", "buyer", "merchant", "order", "paid", "variant"]
pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def page_of(office: Client, order: Order) -> str:
    return office.get(f"/backoffice/orders/order/{order.pk}/change/").content.decode()


def form_of(office: Client, order: Order, **values: str) -> dict[str, str]:
    """The form as the page has it, filled in."""
    key = re.search(r'name="refund-key" value="(\w+)"', page_of(office, order))
    assert key
    blank = {"shipping": "", "adjustment": "", "reason": "requested_by_customer", "note": ""}
    return {f"refund-{k}": v for k, v in (blank | {"key": key.group(1)} | values).items()}


def post(office: Client, order: Order, form: dict[str, str]) -> Any:
    return office.post(f"/backoffice/orders/order/{order.pk}/refunds/", form, follow=True)


def test_the_order_page_says_what_can_be_refunded(office: Client, paid: Order) -> None:
    page = page_of(office, paid)
    assert "€54.90 can be refunded" in page
    assert "2 of 2 can be refunded" in page


def test_articles_go_back_with_their_shipping_and_onto_the_shelf(
    office: Client, paid: Order
) -> None:
    line = f"line{paid.lines.get().pk}"
    form = form_of(
        office, paid, shipping="4,90", note="torn", **{line: "1", f"{line}-restock": "on"}
    )
    page = post(office, paid, form).content.decode()
    assert "€29.90 of order B-1001 were refunded." in page
    assert "€29.90 of €54.90" in page
    assert "1 of 2 can be refunded" in page
    made = Refund.objects.get()
    assert (made.actor, made.note, made.shipping) == ("owner@example.com", "torn", 490)
    assert Stock.objects.get().on_hand == 9


def test_a_double_click_is_one_refund(office: Client, paid: Order) -> None:
    form = form_of(office, paid, adjustment="10")
    for _ in range(2):
        assert "€10.00 of order" in post(office, paid, form).content.decode()
    assert Refund.objects.count() == 1
    post(office, paid, form_of(office, paid, adjustment="10"))
    assert Refund.objects.count() == 2, "a new form is a new refund"


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({}, "There is nothing to refund"),
        ({"adjustment": "60"}, "only €54.90 of the payment"),
        ({"adjustment": "a lot"}, "is not an amount of money"),
        ({"shipping": "5"}, "Of the shipping €4.90"),
        ({"shipping": "1", "adjustment": "-1"}, "There is nothing to refund"),
    ],
)
def test_a_mistake_is_explained_and_what_was_typed_is_kept(
    office: Client, paid: Order, said: dict[str, str], sentence: str
) -> None:
    answer = post(office, paid, form_of(office, paid, note="kept", **said))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert sentence in page
    assert 'value="kept"' in page
    assert not Refund.objects.exists()


def test_all_that_is_left_is_filled_in(office: Client, paid: Order) -> None:
    post(office, paid, form_of(office, paid, adjustment="10"))
    page = office.get(f"/backoffice/orders/order/{paid.pk}/refunds/?all=1")
    form = page.context["refund_form"]
    said = {f"refund-{name}": form[name].value() for name in form.fields if "restock" not in name}
    answer = post(office, paid, {name: str(value or "") for name, value in said.items()})
    assert "€44.90 of order" in answer.content.decode()
    assert "nothing left to refund" in page_of(office, paid)


def test_a_lost_answer_is_said_so_that_nobody_refunds_twice(
    office: Client, paid: Order, bank: MemoryBank
) -> None:
    bank.lost_answers = 1
    page = post(office, paid, form_of(office, paid, adjustment="10")).content.decode()
    assert "please do not make another one" in page
    assert "Stripe has not answered yet" in page
    assert "1 refund with an unknown outcome" in office.get("/backoffice/").content.decode()


def test_a_refusal_of_stripe_is_shown(office: Client, paid: Order, bank: MemoryBank) -> None:
    bank.failures = [stripe.StripeRefused("Charge has been charged back")]
    page = post(office, paid, form_of(office, paid, adjustment="10")).content.decode()
    assert "nothing was given back: Charge has been charged back" in page


@pytest.fixture
def returned(office: Client, paid: Order, bank: MemoryBank) -> Refund:
    """A refund of ten that the customer's bank sent back."""
    post(office, paid, form_of(office, paid, adjustment="10"))
    refunding.import_refund(bank.send_back("re_1"), now=utc_now())
    return Refund.objects.get()


def test_a_refund_that_came_back_is_made_again_with_one_button(
    office: Client, paid: Order, returned: Refund
) -> None:
    assert "1 refund that came back: still owed" in office.get("/backoffice/").content.decode()
    assert "sent this refund back" in page_of(office, paid)
    answer = office.post(f"/backoffice/refunds/{returned.pk}/repetitions/", follow=True)
    assert "€10.00 of order B-1001 were refunded." in answer.content.decode()
    assert "still owed" not in office.get("/backoffice/").content.decode()
    office.post(f"/backoffice/refunds/{returned.pk}/repetitions/")
    assert Refund.objects.count() == 2


def test_a_refund_that_came_back_can_be_paid_otherwise(
    office: Client, paid: Order, returned: Refund
) -> None:
    url = f"/backoffice/refunds/{returned.pk}/settlement/"
    assert "Say how it was paid" in office.post(url, follow=True).content.decode()
    office.post(url, {"note": "bank transfer of 3 March"})
    returned.refresh_from_db()
    assert not returned.is_owed
    assert "bank transfer of 3 March" in page_of(office, paid)


def test_who_may_not_refund_cannot(client: Client, paid: Order) -> None:
    client.force_login(User.objects.create_user("packer@example.com", "long enough", is_staff=True))
    assert post(client, paid, {"refund-key": "k", "refund-adjustment": "10"}).status_code == 403
    assert not Refund.objects.exists()


def test_an_order_paid_twice_asks_which_payment(
    office: Client, order: Order, bank: MemoryBank
) -> None:
    attempts.start_session(attempts.open_attempt(order, now=utc_now(), n=2), now=utc_now())
    for session_id in ("cs_test_1", "cs_test_2"):
        bank.pay(session_id)
        settle(session_id, now=utc_now())
    page = page_of(office, order)
    assert "paid more than once" in page
    first = order.attempts.get(n=1)
    form = form_of(office, order, adjustment="54.90", payment=str(first.pk))
    post(office, order, form)
    assert Refund.objects.get().attempt == first


def test_a_dispute_is_on_the_order_with_its_deadline(
    office: Client, paid: Order, bank: MemoryBank
) -> None:
    made = disputes.import_dispute(bank.complain("pi_cs_test_1"), now=utc_now())
    page = page_of(office, paid)
    assert "Dispute over €54.90" in page
    assert "product not received" in page
    assert "30 Sep 2026" in page
    assert "1 dispute to answer" in office.get("/backoffice/").content.decode()
    url = f"/backoffice/payments/dispute/{made.pk}/change/"
    assert "https://dashboard.stripe.com/test/disputes/du_1" in office.get(url).content.decode()
    office.post(url, {"evidence_note": "Delivered on 3 March"})
    page = page_of(office, paid)
    assert "Delivered on 3 March" in page
    assert "Evidence noted" in page


def dispute(dispute_id: str, day: int, *, status: str = "needs_response") -> BankDispute:
    due_by = datetime(2026, 3, day, tzinfo=UTC)
    return BankDispute(
        dispute_id, status, "general", 100, "EUR", "", "ch_x", utc_now(), False, due_by
    )


def test_open_disputes_are_listed_by_deadline(
    office: Client, bank: MemoryBank, caplog: pytest.LogCaptureFixture
) -> None:
    for each in (dispute("du_b", 9), dispute("du_a", 5), dispute("du_c", 1, status="lost")):
        disputes.import_dispute(each, now=utc_now())
    assert "du_a is about a payment this shop does not know" in caplog.text
    answer = office.get("/backoffice/payments/dispute/")
    assert [row.dispute_id for row in answer.context["cl"].result_list] == ["du_a", "du_b", "du_c"]
    answer = office.get("/backoffice/payments/dispute/?progress=answer")
    assert [row.dispute_id for row in answer.context["cl"].result_list] == ["du_a", "du_b"]
    assert (
        "does not know the payment"
        in office.get(
            f"/backoffice/payments/dispute/{Dispute.objects.get(dispute_id='du_a').pk}/change/"
        ).content.decode()
    )


def test_the_list_of_refunds_says_who_and_how_they_stand(office: Client, returned: Refund) -> None:
    page = office.get("/backoffice/payments/refund/").content.decode()
    for words in ("€10.00", "Failed, owed", "owner@example.com"):
        assert words in page
    assert office.get(f"/backoffice/payments/refund/{returned.pk}/change/").status_code == 200
    assert office.get("/backoffice/payments/refund/add/").status_code == 403
