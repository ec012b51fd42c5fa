"""One write transaction: everything or nothing."""

from collections.abc import Mapping

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bodega.catalog.models import Movement, Reservation, Stock, Variant
from bodega.checkout import placing
from bodega.checkout.counter import Counter
from bodega.discounts.models import Discount, Redemption
from bodega.lib.clock import utc_now
from bodega.merchant.models import Merchant
from bodega.orders.models import Order, OrderEvent
from bodega.payments.models import Attempt
from bodega.payments.settling import settle
from tests.till import Buyer, MemoryBank, stocked

pytestmark = pytest.mark.django_db(databases=["default", "queue"])
CONTROL = ("SAVEPOINT", "RELEASE", "BEGIN", "COMMIT", "ROLLBACK")


def counter(buyer: Buyer, answers: Mapping[str, str] | None = None) -> Counter:
    made = Counter(buyer.cart, answers or buyer.form(), now=utc_now())
    assert made.is_ready, made.form.errors
    return made


def nothing_was_written() -> bool:
    rows = (Order, OrderEvent, Attempt, Reservation, Movement, Redemption)
    return not any(model._default_manager.exists() for model in rows)


def test_an_order_its_attempt_its_stock_and_its_story_appear_together(buyer: Buyer) -> None:
    now = utc_now()
    order = placing.place(counter(buyer), "key", now=now)
    attempt = order.attempts.get()
    assert (attempt.amount, attempt.state) == (order.total, Attempt.State.NEW)
    reservation = Reservation.objects.get()
    assert (reservation.reference, reservation.quantity) == (order.public_id, 2)
    assert reservation.expires_at == order.expires_at
    assert OrderEvent.objects.get().kind == "placed"
    line = order.lines.get()
    assert (line.sku, line.quantity, line.tax_ppm) == ("DUNES", 2, 190_000)
    assert line.tax + order.shipping_tax == order.tax == 876


def test_the_same_key_is_the_same_order(buyer: Buyer) -> None:
    made = counter(buyer)
    first = placing.place(made, "key", now=utc_now())
    assert placing.place(made, "key", now=utc_now()) == first
    assert Stock.objects.get().reserved == 2
    assert placing.place(made, "another", now=utc_now()) != first


def test_the_last_piece_that_went_a_moment_ago_undoes_everything(buyer: Buyer) -> None:
    made = counter(buyer)
    Stock.objects.update(on_hand=1)
    with pytest.raises(placing.NotAsShown, match="Somebody else"):
        placing.place(made, "key", now=utc_now())
    assert nothing_was_written()
    assert Stock.objects.get().reserved == 0


def test_a_code_that_was_used_up_a_moment_ago_undoes_everything(buyer: Buyer) -> None:
    Discount.objects.create(code="ONCE", percent=10, limit=1)
    buyer.client.post("/cart/code/", {"code": "ONCE"})
    buyer.cart.refresh_from_db()
    made = counter(buyer)
    Discount.objects.update(used=1)
    with pytest.raises(placing.NotAsShown, match="used up"):
        placing.place(made, "key", now=utc_now())
    assert nothing_was_written()
    assert Stock.objects.get().reserved == 0


@pytest.mark.parametrize("change", [{"price": 2400}, {"price": 2600}, {"is_active": False}])
def test_an_article_that_changed_a_moment_ago_undoes_everything(
    buyer: Buyer, change: dict[str, object]
) -> None:
    made = counter(buyer)
    Variant.objects.update(**change)
    with pytest.raises(placing.NotAsShown, match="has just changed"):
        placing.place(made, "key", now=utc_now())
    assert nothing_was_written()


def test_several_lines_are_reserved_together_or_not_at_all(merchant: Merchant) -> None:
    from bodega.cart import changing

    plenty, scarce = stocked("PLENTY"), stocked("SCARCE", on_hand=1)
    buyer = Buyer.with_cart(plenty)
    changing.add(buyer.cart.token, scarce.pk, 1, utc_now())
    made = counter(buyer)
    Stock.objects.filter(variant=scarce).update(on_hand=0)
    with pytest.raises(placing.NotAsShown):
        placing.place(made, "key", now=utc_now())
    assert set(Stock.objects.values_list("reserved", flat=True)) == {0}


def test_a_crash_in_the_middle_leaves_nothing(
    buyer: Buyer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object, **__: object) -> None:
        raise RuntimeError("power cut")

    made = counter(buyer)
    monkeypatch.setattr(placing.attempts, "open_attempt", crash)
    with pytest.raises(RuntimeError):
        placing.place(made, "key", now=utc_now())
    assert nothing_was_written()
    assert Stock.objects.get().reserved == 0


def test_from_the_posted_form_to_a_paid_order_takes_at_most_40_statements(
    buyer: Buyer, bank: MemoryBank
) -> None:
    form = buyer.form()
    with CaptureQueriesContext(connection) as captured:
        assert buyer.client.post("/checkout/", form).status_code == 303
        bank.pay("cs_test_1")
        settle("cs_test_1", now=utc_now())
    statements = [q["sql"] for q in captured if not q["sql"].startswith(CONTROL)]
    assert len(statements) <= 40, "\n".join(statement[:90] for statement in statements)


def test_the_write_transaction_itself_is_short(buyer: Buyer) -> None:
    made = counter(buyer)
    assert made.bill.quotes
    with CaptureQueriesContext(connection) as captured:
        placing.place(made, "key", now=utc_now())
    assert len([q for q in captured if not q["sql"].startswith(CONTROL)]) <= 14
