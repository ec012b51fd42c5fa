"""Money that nobody told the shop of is found, each way by itself; without the sweeper it is not."""

from datetime import timedelta

import pytest

from bodega.lib.clock import utc_now
from bodega.orders.models import Order
from bodega.payments import stripe, sweeping
from bodega.payments.models import Attempt, LedgerEntry, WebhookEvent
from bodega.payments.reconciling.run import Run
from tests.payments.reconciling.conftest import Town, bank_process, states, town

__all__ = ["bank_process", "town"]

State = Attempt.State


def a_run(*, is_dry: bool = False) -> Run:
    return Run(since=utc_now() - timedelta(hours=25), is_dry=is_dry)


def later(**span: float) -> Run:
    """A run some time from now, by the shop's clock."""
    then = utc_now() + timedelta(**span)
    return Run(since=then - timedelta(hours=25), clock=lambda: then)


def ways(run: Run, *names: str) -> Run:
    """Only these of the sweeper's three ways."""
    for name in names:
        getattr(sweeping, name)(run)
    return run


def test_without_a_sweep_a_payment_nobody_told_of_stays_unknown(town: Town) -> None:
    order = town.paid()
    assert states(order) == ("awaiting_payment", ["open"])
    assert len(town.bank.ledger()) == 1


def test_a_completed_session_is_found_by_when_it_was_made(town: Town) -> None:
    order, waiting = town.paid(), town.order()
    run = ways(a_run(), "settle_sessions")
    assert states(order) == ("paid", ["paid"])
    assert states(waiting) == ("awaiting_payment", ["open"])
    assert (run.settled, run.rebuilt, run.seen["sessions"]) == (1, 0, 1)


def test_an_event_that_was_never_generated_is_not_needed(town: Town) -> None:
    town.bank.fault("never", "*", count=20)
    order = town.paid()
    assert ways(a_run(), "take_in_events").settled == 0
    assert states(order)[0] == "awaiting_payment"
    assert ways(a_run(), "settle_sessions").settled == 1
    assert states(order)[0] == "paid"


def test_an_order_whose_rows_were_lost_is_rebuilt(town: Town) -> None:
    order = town.paid(2)
    number, key = order.number, order.pk
    town.lose(order)
    run = ways(a_run(), "settle_sessions")
    found = Order.objects.get(pk=key)
    assert (found.number, found.status, found.is_recovered) == (number, "paid", True)
    assert (run.settled, run.rebuilt) == (1, 1)


def test_a_session_whose_answer_was_dropped_finds_its_attempt(town: Town) -> None:
    order = town.order()
    attempt = order.attempts.get()
    town.pay(order)
    order.attempts.update(session_id=None, session_url="", state=State.UNKNOWN)
    ways(a_run(), "settle_sessions")
    assert states(order) == ("paid", ["paid"])
    assert order.attempts.get().session_id == attempt.session_id


def test_a_second_sweep_changes_and_asks_nothing(
    town: Town, django_assert_max_num_queries: object
) -> None:
    for _ in range(3):
        town.paid()
    assert ways(a_run(), "settle_sessions").settled == 3
    entries = list(LedgerEntry.objects.values())
    run = ways(a_run(), "settle_sessions")
    assert (run.settled, run.rebuilt, run.seen["sessions"]) == (0, 0, 3)
    assert list(LedgerEntry.objects.values()) == entries


def test_agreement_costs_one_query_a_page(town: Town, django_assert_num_queries: object) -> None:
    for _ in range(3):
        town.paid()
    ways(a_run(), "settle_sessions")
    assert callable(django_assert_num_queries)
    with django_assert_num_queries(1):
        ways(a_run(), "settle_sessions")


def test_a_foreign_session_is_passed_over(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    order = town.paid()
    town.lose(order)
    with monkeypatch.context() as elsewhere:
        elsewhere.setattr("bodega.payments.identity.shop", lambda: "another-shop")
        assert ways(a_run(), "settle_sessions").settled == 0
    assert not Order.objects.exists()
    assert ways(a_run(), "settle_sessions").settled == 1


def test_another_environment_on_the_same_account_is_foreign_too(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = town.paid()
    monkeypatch.setattr("bodega.payments.identity.environment", lambda: "production")
    ways(a_run(), "settle_sessions", "settle_attempts", "take_in_events")
    assert states(order)[0] == "awaiting_payment"


def test_an_attempt_that_waits_for_long_is_asked_about(town: Town) -> None:
    order = town.paid()
    assert ways(a_run(), "settle_attempts").seen["attempts"] == 0
    run = ways(later(minutes=6), "settle_attempts")
    assert (run.seen["attempts"], run.settled) == (1, 1)
    assert states(order)[0] == "paid"


def test_the_ones_asked_last_wait_for_their_turn(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = town.order(), town.order()
    monkeypatch.setattr(sweeping, "MOST_ASKED", 1)
    then = utc_now() + timedelta(minutes=6)
    asked = sweeping.stale_attempts(then)
    assert asked == [first.attempts.get().session_id]
    ways(later(minutes=6), "settle_attempts")
    assert sweeping.stale_attempts(then) == [second.attempts.get().session_id]


def test_a_debit_that_bounces_is_heard_of_within_the_hour(town: Town) -> None:
    order = town.order()
    town.pay(order, account="DE62370400440532013001")
    ways(a_run(), "settle_sessions")
    assert states(order) == ("awaiting_payment", ["processing"])
    town.bank.advance(60)
    assert ways(later(minutes=30), "settle_attempts").seen["attempts"] == 0
    ways(later(minutes=61), "settle_attempts")
    assert states(order)[1] == ["failed"]


def test_a_debit_that_clears_is_found_in_the_list(town: Town) -> None:
    order = town.order()
    town.pay(order, account="DE89370400440532013000")
    ways(a_run(), "settle_sessions")
    town.bank.advance(60)
    assert ways(a_run(), "settle_sessions").settled == 1
    assert states(order) == ("paid", ["paid"])


def test_an_event_that_could_not_be_delivered_is_taken_in(town: Town) -> None:
    gone = {"url": "http://127.0.0.1:9/payments/webhook/", "enabled_events[0]": "*"}
    endpoint(town, gone)
    town.bank.fault("undelivered", "*", count=50)
    order = town.paid()
    town.bank.wait_delivered()
    run = ways(a_run(), "take_in_events")
    assert run.seen["events"] >= 1
    assert run.settled == 1
    assert states(order)[0] == "paid"


@pytest.mark.django_db(databases=["default", "queue"])
def test_an_undelivered_refund_event_goes_into_the_inbox_once(town: Town) -> None:
    endpoint(town, {"url": "http://127.0.0.1:9/payments/webhook/", "enabled_events[0]": "*"})
    order = town.paid()
    ways(a_run(), "settle_sessions")
    stripe.client().create_refund(
        {"payment_intent": order.ledger.get().payment_intent, "amount": 100}, key="r1"
    )
    for _ in range(2):
        ways(a_run(), "take_in_events")
    assert WebhookEvent.objects.filter(type="refund.created").count() == 1


def test_a_key_that_may_not_list_events_is_said_and_does_not_stop_the_rest(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    order = town.paid()

    def refuse(_run: Run) -> None:
        raise stripe.StripeRefused("no permission")

    monkeypatch.setattr(sweeping, "take_in_events", refuse)
    run = a_run()
    sweeping.sweep(run)
    assert run.refusals == ["Events cannot be listed: no permission"]
    assert states(order)[0] == "paid"


def test_a_dry_run_says_what_it_would_settle_and_changes_nothing(town: Town) -> None:
    order = town.paid()
    run = a_run(is_dry=True)
    sweeping.sweep(run)
    assert states(order) == ("awaiting_payment", ["open"])
    (found,) = run.found.values()
    assert found.kind == "not_in_shop"
    assert found.there == order.total
    assert order.number in found.detail


@pytest.mark.parametrize(
    ("status", "payment_status", "state", "is_told"),
    [
        ("complete", "paid", State.PAID, True),
        ("complete", "paid", State.DIFFERS, True),
        ("complete", "paid", State.OPEN, False),
        ("complete", "paid", State.EXPIRED, False),
        ("complete", "paid", None, False),
        ("complete", "no_payment_required", State.PAID, True),
        ("complete", "unpaid", State.PROCESSING, True),
        ("complete", "unpaid", State.FAILED, True),
        ("complete", "unpaid", State.OPEN, False),
        ("complete", "unpaid", None, False),
        ("expired", "unpaid", State.EXPIRED, True),
        ("expired", "unpaid", State.OPEN, False),
        ("expired", "unpaid", None, True),
        ("open", "unpaid", State.NEW, True),
    ],
)
def test_what_an_attempt_must_have_become_of(
    status: str, payment_status: str, state: str | None, is_told: bool
) -> None:
    session = {"status": status, "payment_status": payment_status}
    assert sweeping.is_told(session, state) is is_told


def endpoint(town: Town, params: dict[str, str]) -> None:
    """Register a webhook endpoint that nobody answers at."""
    import urllib.parse
    import urllib.request

    request = urllib.request.Request(
        f"{town.bank.base_url}/v1/webhook_endpoints",
        urllib.parse.urlencode(params).encode(),
        {"Authorization": "Bearer sk_test_x"},
    )
    with urllib.request.urlopen(request) as answer:
        assert answer.status == 200
