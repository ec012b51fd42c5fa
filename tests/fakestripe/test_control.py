import httpx
import pytest
import stripe
from stripe import StripeClient

from fakestripe.faults import KINDS
from fakestripe.testing import Handle
from tests.fakestripe.conftest import OpenSession, untyped
from tests.fakestripe.receiver import Receiver


def test_the_state_counts_what_there_is(
    open_session: OpenSession, fake: Handle, receiver: Receiver
) -> None:
    fake.pay(open_session().id)
    state = fake.wait_delivered()
    assert state["objects"]["checkout.session"] == 1
    assert state["objects"]["event"] == state["deliveries"]["succeeded"] == 4
    assert len(state["ledger"]) == 1


def test_the_ledger_shows_what_was_given_back(
    client: StripeClient, open_session: OpenSession, fake: Handle
) -> None:
    fake.pay(open_session().id)
    client.v1.refunds.create({"charge": fake.ledger()[0]["charge"], "amount": 700})
    assert fake.ledger()[0]["amount_refunded"] == 700


def test_a_reset_forgets_all_but_the_endpoint_of_the_start(
    client: StripeClient, open_session: OpenSession, fake: Handle, receiver: Receiver
) -> None:
    session = open_session()
    fake.fault("drop")
    fake.reset()
    with pytest.raises(stripe.InvalidRequestError, match=r"No such checkout\.session"):
        client.v1.checkout.sessions.retrieve(session.id)
    assert fake.state()["objects"] == {"webhook_endpoint": 1}
    client.v1.customers.create({})
    receiver.wait_for("customer.created")


def test_no_webhook_arrives_after_a_reset(
    client: StripeClient, fake: Handle, receiver: Receiver
) -> None:
    for _ in range(8):
        client.v1.customers.create({})
    fake.reset()
    arrived = len(receiver.received)
    client.v1.products.create({"name": "x"})
    receiver.wait_for("product.created")
    assert len(receiver.received) == arrived + 1


def test_the_faults_are_listed_with_their_kinds_and_can_be_cleared(fake: Handle) -> None:
    thrown = fake.fault("late", "charge.*", count=3, ms=50)
    assert {name: thrown[name] for name in ("kind", "match", "count", "ms")} == {
        "kind": "late", "match": "charge.*", "count": 3, "ms": 50
    }  # fmt: skip
    listed = fake.call("GET", "/_fake/faults")
    assert listed["thrown"] == [thrown]
    assert set(listed["kinds"]) == set(KINDS)
    fake.clear_faults()
    assert fake.state()["faults"] == []


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ({"kind": "fire"}, "No such fault"),
        ({"kind": "drop", "count": 0}, "1 or more"),
        ({"kind": "drop", "count": -1}, "whole number"),
        ({"kind": "delay", "ms": "soon"}, "whole number"),
        ({"kind": "drop", "colour": "red"}, "no option colour"),
        ({"kind": "late", "ms": -5}, "whole number"),
        ({"kind": "skew", "seconds": "--5"}, "whole number"),
    ],
)
def test_a_switch_that_does_not_exist_is_refused(
    fake: Handle, fault: dict[str, object], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        fake.call("POST", "/_fake/faults", fault)
    assert fake.state()["faults"] == []


def test_a_form_is_as_good_as_json(fake: Handle) -> None:
    form = {"kind": "delay", "match": "GET /x", "count": "2", "ms": "5"}
    answer = httpx.post(f"{fake.base_url}/_fake/faults", data=form)
    assert answer.json()["count"] == 2
    assert answer.json()["ms"] == 5


@pytest.mark.parametrize("body", ["{", "[1]", "17"])
def test_what_is_not_json_is_refused(fake: Handle, body: str) -> None:
    answer = httpx.post(
        f"{fake.base_url}/_fake/clock",
        content=body,
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 400
    assert "JSON" in answer.json()["error"]["message"]


def test_the_clock_moves_forward_only(fake: Handle) -> None:
    before = fake.state()["now"]
    assert fake.advance(50)["now"] >= before + 50
    with pytest.raises(ValueError, match="0 or more"):
        fake.advance(-1)


def test_a_switch_for_the_api_leaves_the_control_alone(fake: Handle, client: StripeClient) -> None:
    fake.fault("error")
    assert len(fake.state()["faults"]) == 1
    with pytest.raises(stripe.APIError):
        client.v1.customers.list()
    assert fake.state()["faults"] == []


def test_a_dispute_needs_a_charge(fake: Handle) -> None:
    with pytest.raises(ValueError, match="No such charge: 'ch_none'"):
        fake.dispute("ch_none")


def test_what_is_only_set_aside_is_not_in_the_ledger(client: StripeClient, fake: Handle) -> None:
    for method in ("manual", "automatic"):
        client.v1.payment_intents.create(
            untyped(amount=900, currency="eur", capture_method=method, confirm=True,
                    payment_method="pm_card_visa")
        )  # fmt: skip
    assert len(fake.ledger()) == 1
