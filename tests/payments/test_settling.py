"""The one door for money."""

from datetime import timedelta

import pytest

from bodega.cart.models import CartLine
from bodega.catalog.models import Stock
from bodega.lib.clock import utc_now
from bodega.orders import expiring
from bodega.orders.models import Order, OrderEvent
from bodega.payments import attempts, settling, stripe
from bodega.payments.describing import session_params
from bodega.payments.models import Attempt, LedgerEntry
from bodega.payments.settling import settle
from tests.till import Buyer, MemoryBank, drain

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def now_paid(order: Order) -> bool:
    order.refresh_from_db()
    return order.status == Order.Status.PAID


def kinds(order: Order) -> list[str]:
    return list(OrderEvent.objects.filter(order=order).values_list("kind", flat=True))


def test_a_paid_session_makes_the_order_paid(order: Order, bank: MemoryBank) -> None:
    bank.pay("cs_test_1")
    settle("cs_test_1", now=utc_now())
    assert now_paid(order)
    entry = LedgerEntry.objects.get()
    assert (entry.amount, entry.currency) == (order.total, "EUR") == (5490, "EUR")
    assert entry.payment_intent == "pi_cs_test_1"
    assert Attempt.objects.get().state == Attempt.State.PAID
    assert Stock.objects.get().on_hand == 8


def test_an_open_session_changes_nothing(order: Order, bank: MemoryBank) -> None:
    settle("cs_test_1", now=utc_now())
    assert not now_paid(order)
    assert not LedgerEntry.objects.exists()


def test_settling_again_does_nothing_again(order: Order, bank: MemoryBank) -> None:
    bank.pay("cs_test_1")
    for _ in range(3):
        settle("cs_test_1", now=utc_now())
    assert LedgerEntry.objects.count() == 1
    assert kinds(order) == ["placed", "paid"]
    assert Stock.objects.get().on_hand == 8


def test_the_receipt_and_the_announcement_follow_the_commit(order: Order, bank: MemoryBank) -> None:
    drain()
    bank.pay("cs_test_1")
    settle("cs_test_1", now=utc_now())
    ran = [attempt.job.task for attempt in drain()]
    assert ran == ["bodega.orders.thanking.thank"]


def test_the_cart_is_kept_until_the_order_is_paid(order: Order, bank: MemoryBank) -> None:
    assert CartLine.objects.count() == 1
    bank.pay("cs_test_1")
    settle("cs_test_1", now=utc_now())
    assert not CartLine.objects.exists()


@pytest.mark.parametrize("wrong", [{"amount_total": 5489}, {"currency": "usd"}])
def test_another_amount_is_kept_and_shown_but_the_order_is_not_paid(
    order: Order,
    bank: MemoryBank,
    wrong: dict[str, object],
    caplog: pytest.LogCaptureFixture,
) -> None:
    bank.pay("cs_test_1", **wrong)
    for _ in range(2):
        settle("cs_test_1", now=utc_now())
    assert not now_paid(order)
    assert Attempt.objects.get().state == Attempt.State.DIFFERS
    assert LedgerEntry.objects.count() == 1, "money that arrived is never lost"
    assert kinds(order) == ["placed", "amount_differs", "checking"]
    assert "paid" in caplog.text


def test_money_after_the_order_was_given_up_is_kept(order: Order, bank: MemoryBank) -> None:
    assert expiring.mark_expired(order, "Not paid in time", at=utc_now())
    bank.pay("cs_test_1")
    settle("cs_test_1", now=utc_now())
    assert now_paid(order)
    assert not order.is_oversold
    assert Stock.objects.get().on_hand == 8


def test_money_after_the_stock_is_gone_is_kept_and_flagged(order: Order, bank: MemoryBank) -> None:
    expiring.mark_expired(order, "Not paid in time", at=utc_now())
    Stock.objects.update(on_hand=1)
    bank.pay("cs_test_1")
    settle("cs_test_1", now=utc_now())
    assert now_paid(order)
    assert order.is_oversold
    assert "1 × DUNES missing" in OrderEvent.objects.get(kind="oversold").message
    assert Stock.objects.get().on_hand == 0


def test_a_direct_debit_waits_for_the_bank(order: Order, bank: MemoryBank) -> None:
    bank.debit("cs_test_1")
    now = utc_now()
    for _ in range(2):
        settle("cs_test_1", now=now)
    assert not now_paid(order)
    assert Attempt.objects.get().state == Attempt.State.PROCESSING
    assert order.expires_at == now + settling.LONGEST_TRANSFER
    assert kinds(order) == ["placed", "processing"]
    bank.pay("cs_test_1")
    settle("cs_test_1", now=now)
    assert now_paid(order)


def test_a_direct_debit_that_bounces_can_be_paid_again(order: Order, bank: MemoryBank) -> None:
    bank.debit("cs_test_1")
    settle("cs_test_1", now=utc_now())
    bank.bounce("cs_test_1")
    now = utc_now()
    for _ in range(2):
        settle("cs_test_1", now=now)
    assert Attempt.objects.get().state == Attempt.State.FAILED
    assert kinds(order)[-1] == "payment_failed"
    second = attempts.payable(order, now=now)
    assert second.n == 2
    attempts.start_session(second, now=now)
    bank.pay("cs_test_2")
    settle("cs_test_2", now=now)
    assert now_paid(order)


def test_a_failure_of_one_attempt_never_undoes_the_success_of_another(
    order: Order, bank: MemoryBank
) -> None:
    bank.debit("cs_test_1")
    settle("cs_test_1", now=utc_now())
    bank.bounce("cs_test_1")
    settle("cs_test_1", now=utc_now())
    attempts.start_session(attempts.payable(order, now=utc_now()), now=utc_now())
    bank.pay("cs_test_2")
    settle("cs_test_2", now=utc_now())
    settle("cs_test_1", now=utc_now())
    bank.sessions["cs_test_1"]["status"] = "expired"
    settle("cs_test_1", now=utc_now())
    assert now_paid(order)
    assert Stock.objects.get().on_hand == 8


def test_a_second_payment_is_kept_and_shown(
    order: Order, bank: MemoryBank, caplog: pytest.LogCaptureFixture
) -> None:
    other = attempts.open_attempt(order, now=utc_now(), n=2)
    attempts.start_session(other, now=utc_now())
    for session_id in ("cs_test_1", "cs_test_2"):
        bank.pay(session_id)
        settle(session_id, now=utc_now())
    assert LedgerEntry.objects.count() == 2
    assert kinds(order) == ["placed", "paid", "paid_twice"]
    assert "paid twice" in caplog.text
    assert Stock.objects.get().on_hand == 8, "but sold once"


def test_an_expired_session_ends_the_order_and_frees_the_stock(
    order: Order, bank: MemoryBank
) -> None:
    assert Stock.objects.get().reserved == 2
    bank.expire_session("cs_test_1")
    settle("cs_test_1", now=utc_now())
    order.refresh_from_db()
    assert order.status == Order.Status.EXPIRED
    assert Stock.objects.get().reserved == 0


def test_an_expired_session_leaves_the_order_to_its_other_attempt(
    order: Order, bank: MemoryBank
) -> None:
    attempts.open_attempt(order, now=utc_now(), n=2)
    bank.expire_session("cs_test_1")
    settle("cs_test_1", now=utc_now())
    order.refresh_from_db()
    assert order.is_awaiting
    assert Stock.objects.get().reserved == 2


def test_a_session_that_was_never_written_down_finds_its_order(
    buyer: Buyer, bank: MemoryBank
) -> None:
    bank.failures.append(stripe.StripeUnreachable("timeout"))
    buyer.order()
    order, attempt = Order.objects.get(), Attempt.objects.get()
    assert attempt.state == Attempt.State.UNKNOWN
    bank.make(session_params(attempt), attempt.idempotency_key)
    bank.pay("cs_test_1")
    settle("cs_test_1", now=utc_now())
    assert now_paid(order)
    assert Attempt.objects.get().session_id == "cs_test_1"


def test_a_second_session_for_the_same_try_gets_an_attempt_of_its_own(
    order: Order, bank: MemoryBank
) -> None:
    params = session_params(Attempt.objects.get())
    bank.make(params, "after the key's 24 hours")
    bank.pay("cs_test_2")
    settle("cs_test_2", now=utc_now())
    assert now_paid(order)
    assert [(a.n, a.state) for a in Attempt.objects.order_by("n")] == [(1, "open"), (2, "paid")]


@pytest.mark.parametrize("key", ["shop", "environment"])
def test_another_shops_session_is_not_touched(order: Order, bank: MemoryBank, key: str) -> None:
    bank.pay("cs_test_1")
    bank.sessions["cs_test_1"]["metadata"] |= {key: "another"}
    with pytest.raises(settling.NotOurs):
        settle("cs_test_1", now=utc_now())
    assert not now_paid(order)
    assert not LedgerEntry.objects.exists()


def test_nothing_is_written_when_anything_fails(
    order: Order, bank: MemoryBank, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("crash in the middle")

    bank.pay("cs_test_1")
    with monkeypatch.context() as patch:
        patch.setattr("bodega.orders.paying.stock.sell", broken)
        with pytest.raises(RuntimeError):
            settle("cs_test_1", now=utc_now())
    assert not now_paid(order)
    assert not LedgerEntry.objects.exists()
    settle("cs_test_1", now=utc_now() + timedelta(seconds=1))
    assert now_paid(order)


def test_a_debit_that_bounced_is_told_by_mail(order: Order, bank: MemoryBank) -> None:
    bank.debit("cs_test_1")
    settle("cs_test_1", now=utc_now())
    bank.bounce("cs_test_1")
    settle("cs_test_1", now=utc_now())
    drain()
    assert [(mail.kind, mail.about) for mail in order.mails.all()] == [("payment_failed", "1")]
