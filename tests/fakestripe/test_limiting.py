import httpx
import pytest
import stripe

from fakestripe.__main__ import parse
from fakestripe.limiting import Limit
from fakestripe.testing import serve


def test_so_many_pass_in_any_second_and_no_more() -> None:
    limit = Limit(3)
    assert [limit.admits(now) for now in (0.0, 0.5, 0.9, 0.95)] == [True, True, True, False]
    assert [limit.admits(now) for now in (1.0, 1.1, 1.5, 1.6)] == [True, False, True, False]


def test_without_a_limit_all_pass() -> None:
    limit = Limit(0)
    assert all(limit.admits(0.0) for _ in range(1000))


@pytest.mark.process
def test_the_api_is_limited_and_the_control_is_not() -> None:
    with serve("--rate-limit", "5") as fake, httpx.Client(base_url=fake.base_url) as http:
        answers = [http.get("/v1/events", auth=("sk_test_x", "")) for _ in range(12)]
        statuses = [answer.status_code for answer in answers]
        assert statuses[:5] == [200] * 5
        assert 429 in statuses
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused.json()["error"]["code"] == "rate_limit"
        assert refused.headers["stripe-rate-limited-reason"] == "global-rate"
        assert fake.state()["ledger"] == []


@pytest.mark.process
def test_the_sdk_knows_the_answer_for_what_it_is() -> None:
    with serve("--rate-limit", "1") as fake:
        http = stripe.RequestsClient()
        client = stripe.StripeClient(
            "sk_test_x", base_addresses={"api": fake.base_url}, http_client=http
        )
        client.v1.events.list()
        with pytest.raises(stripe.RateLimitError):
            client.v1.events.list()
        http.close()  # type: ignore[no-untyped-call]  # the SDK forgot its annotation


def test_a_limit_is_a_number(capsys: pytest.CaptureFixture[str]) -> None:
    assert parse([]).rate_limit == 0
    with pytest.raises(SystemExit):
        parse(["--rate-limit", "many"])
    assert "not a number of requests" in capsys.readouterr().err
