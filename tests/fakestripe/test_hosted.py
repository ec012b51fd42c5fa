import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from stripe import StripeClient

from fakestripe.testing import Handle
from tests.fakestripe.conftest import OpenSession

TEST_KEY = ("sk_test_x", "")
CARD = {"kind": "card", "card": "4242 4242 4242 4242", "expiry": "12 / 34", "cvc": "123"}


@pytest.fixture
def browser(fake: Handle) -> Iterator[httpx.Client]:
    """A browser without JavaScript that does not follow redirects."""
    with httpx.Client(base_url=fake.base_url) as browser:
        yield browser


def page_of(session_id: str) -> str:
    return f"/c/pay/{session_id}"


def test_the_page_shows_who_sells_what_to_whom(
    browser: httpx.Client, open_session: OpenSession
) -> None:
    answer = browser.get(page_of(open_session().id))
    assert answer.status_code == 200
    for shown in (
        "fakestripe", "test only", "Tide &amp; Co", "Tide, A3", "2 × €12.50", "€25.00",
        "ada@example.com", "https://shop.test/cart", "4242 4242 4242 4242",
    ):  # fmt: skip
        assert shown in answer.text
    assert "<script" not in answer.text


def test_every_input_has_a_label(browser: httpx.Client, open_session: OpenSession) -> None:
    session = open_session(customer_email=None)
    for kind in ("card", "sepa_debit"):
        text = browser.get(page_of(session.id), params={"with": kind}).text
        inputs = set(re.findall(r'<input id="(\w+)"', text))
        assert inputs == set(re.findall(r'<label for="(\w+)"', text))
        assert "email" in inputs


def test_what_the_shop_gave_is_shown_as_text_and_never_as_html(
    browser: httpx.Client, open_session: OpenSession
) -> None:
    bad = "<script>alert(1)</script>"
    price = {"currency": "eur", "unit_amount": 500, "product_data": {"name": bad}}
    session = open_session(line_items=[{"quantity": 1, "price_data": price}], customer_email=bad)
    text = browser.get(page_of(session.id)).text
    typed = browser.post(page_of(session.id), data={**CARD, "card": f'"{bad}'}).text
    assert "<script" not in text + typed
    assert "&lt;script&gt;" in text


def test_paying_sends_the_buyer_back_to_the_shop(
    browser: httpx.Client, open_session: OpenSession, fake: Handle
) -> None:
    session = open_session()
    answer = browser.post(page_of(session.id), data=CARD)
    assert answer.status_code == 303
    assert answer.headers["Location"] == f"https://shop.test/thanks?session={session.id}"
    assert [entry["session"] for entry in fake.ledger()] == [session.id]


def test_a_double_click_pays_once(
    browser: httpx.Client, open_session: OpenSession, fake: Handle
) -> None:
    session = open_session()
    fake.fault("delay", "POST /c/pay/*", count=4, ms=100)
    answers: list[httpx.Response] = []

    def click() -> None:
        answers.append(httpx.post(f"{fake.base_url}{page_of(session.id)}", data=CARD))

    threads = [threading.Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} == {303}
    assert {answer.headers["Location"] for answer in answers} == {
        f"https://shop.test/thanks?session={session.id}"
    }
    assert len(fake.ledger()) == 1


@pytest.mark.parametrize(
    ("card", "field", "words"),
    [
        ("4000000000000002", "card", "was declined"),
        ("4000000000009995", "card", "insufficient funds"),
        ("4000000000000127", "cvc", "security code is incorrect"),
        ("4111111111111111", "card", "use one of the test cards"),
    ],
)
def test_a_refusal_stands_beside_its_field_and_one_can_try_again(
    browser: httpx.Client, open_session: OpenSession, fake: Handle,
    card: str, field: str, words: str,
) -> None:  # fmt: skip
    session = open_session()
    answer = browser.post(page_of(session.id), data={**CARD, "card": card})
    assert answer.status_code == 402
    error = re.search(rf'<p class="error" id="{field}-error">([^<]*)', answer.text)
    assert error is not None
    assert words in error[1]
    assert f'aria-describedby="{field}-error"' in answer.text
    assert fake.ledger() == []
    assert browser.post(page_of(session.id), data=CARD).status_code == 303
    assert len(fake.ledger()) == 1


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"card": "4242 4242 4242 4243"}, "card"),
        ({"card": ""}, "card"),
        ({"expiry": "12/20"}, "expiry"),
        ({"cvc": "x"}, "cvc"),
        ({"email": "nobody"}, "email"),
        ({"kind": "sepa_debit", "account": "DE00"}, "account"),
    ],
)
def test_a_typing_error_is_pointed_out_and_reaches_no_bank(
    browser: httpx.Client, open_session: OpenSession, client: StripeClient,
    typed: dict[str, str], field: str,
) -> None:  # fmt: skip
    session = open_session(customer_email=None)
    data = {**CARD, "email": "ada@example.com", **typed}
    answer = browser.post(page_of(session.id), data=data)
    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.text
    assert client.v1.payment_intents.list().data == []


def test_what_was_typed_stays_except_the_security_code(
    browser: httpx.Client, open_session: OpenSession
) -> None:
    data = {**CARD, "name": "Ada L.", "cvc": "987", "card": "4000000000000002"}
    text = browser.post(page_of(open_session().id), data=data).text
    assert 'value="Ada L."' in text
    assert "987" not in text


def test_3d_secure_is_a_page_of_its_own(
    browser: httpx.Client, open_session: OpenSession, fake: Handle
) -> None:
    session = open_session()
    challenge = f"{page_of(session.id)}/3d-secure"
    answer = browser.post(page_of(session.id), data={**CARD, "card": "4000002500003155"})
    assert (answer.status_code, answer.headers["Location"]) == (303, challenge)
    assert "€25.00" in browser.get(challenge).text
    failed = browser.post(challenge, data={"answer": "fail"})
    assert failed.status_code == 402
    assert "could not confirm" in failed.text
    assert fake.ledger() == []
    browser.post(page_of(session.id), data={**CARD, "card": "4000002500003155"})
    assert browser.post(challenge, data={"answer": "complete"}).status_code == 303
    assert browser.post(challenge, data={"answer": "complete"}).status_code == 303
    assert len(fake.ledger()) == 1


def test_nobody_passes_3d_secure_who_was_not_asked(
    browser: httpx.Client, open_session: OpenSession, fake: Handle
) -> None:
    session = open_session()
    challenge = f"{page_of(session.id)}/3d-secure"
    assert "Card number" in browser.get(challenge).text
    assert browser.post(challenge, data={"answer": "complete"}).status_code == 422
    assert fake.ledger() == []


def test_a_debit_is_promised_on_the_page(
    browser: httpx.Client, open_session: OpenSession, client: StripeClient
) -> None:
    session = open_session()
    data = {"kind": "sepa_debit", "account": "DE89 3704 0044 0532 0130 00"}
    assert browser.post(page_of(session.id), data=data).status_code == 303
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "unpaid"


def test_a_session_that_takes_no_debit_says_so(
    browser: httpx.Client, open_session: OpenSession
) -> None:
    session = open_session(currency="usd")
    assert "SEPA" not in browser.get(page_of(session.id), params={"with": "sepa_debit"}).text
    data = {"kind": "sepa_debit", "account": "DE89370400440532013000"}
    answer = browser.post(page_of(session.id), data=data)
    assert (answer.status_code, "does not take" in answer.text) == (400, True)


def test_a_paid_page_leads_on_and_an_expired_one_back(
    browser: httpx.Client, open_session: OpenSession, client: StripeClient, fake: Handle
) -> None:
    paid, expired = open_session(), open_session()
    fake.pay(paid.id)
    client.v1.checkout.sessions.expire(expired.id)
    answer = browser.get(page_of(paid.id))
    assert f"https://shop.test/thanks?session={paid.id}" in answer.text
    for answer in (browser.get(page_of(expired.id)), browser.post(page_of(expired.id), data=CARD)):
        assert (answer.status_code, "https://shop.test/cart" in answer.text) == (410, True)
    assert len(fake.ledger()) == 1


def test_an_unknown_page_is_not_found(browser: httpx.Client) -> None:
    assert browser.get(page_of("cs_test_none")).status_code == 404
    assert browser.post(page_of("cs_test_none"), data=CARD).status_code == 404


def test_a_page_without_a_way_back_shows_none(
    browser: httpx.Client, open_session: OpenSession
) -> None:
    assert "Cancel" in browser.get(page_of(open_session().id)).text
    assert "Cancel" not in browser.get(page_of(open_session(cancel_url=None).id)).text


def test_the_way_a_parcel_goes_is_a_line_of_its_own(
    browser: httpx.Client, open_session: OpenSession
) -> None:
    rate = {"type": "fixed_amount", "display_name": "By bicycle",
            "fixed_amount": {"amount": 490, "currency": "eur"}}  # fmt: skip
    text = browser.get(
        page_of(open_session(shipping_options=[{"shipping_rate_data": rate}]).id)
    ).text
    assert "By bicycle" in text
    assert "€4.90" in text


def test_a_known_customer_need_not_type_their_address(
    browser: httpx.Client, open_session: OpenSession, client: StripeClient
) -> None:
    customer = client.v1.customers.create({"email": "grace@example.com"})
    session = open_session(customer=customer.id, customer_email=None)
    assert "grace@example.com" in browser.get(page_of(session.id)).text
    assert browser.post(page_of(session.id), data=CARD).status_code == 303
    found = client.v1.checkout.sessions.retrieve(session.id)
    assert found.customer_details is not None
    assert found.customer_details.email == "grace@example.com"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_500_on_the_page_is_shown_and_pays_only_after(
    browser: httpx.Client, open_session: OpenSession, fake: Handle, when: str
) -> None:
    fake.fault("error", "POST /c/pay/*", when=when)
    answer = browser.post(page_of(open_session().id), data=CARD)
    assert (answer.status_code, "did not go through" in answer.text) == (500, True)
    assert len(fake.ledger()) == (when == "after")


def test_a_dropped_answer_of_the_page_has_been_paid(
    browser: httpx.Client, open_session: OpenSession, fake: Handle
) -> None:
    session = open_session()
    fake.fault("drop", "POST /c/pay/*")
    with pytest.raises(httpx.RemoteProtocolError):
        browser.post(page_of(session.id), data=CARD)
    assert len(fake.ledger()) == 1
    assert browser.post(page_of(session.id), data=CARD).status_code == 303


COMPLETED = {"enabled_events[0]": "checkout.session.completed"}


@pytest.mark.parametrize("early", [True, False])
def test_the_shop_may_hear_of_a_payment_before_the_buyer_is_redirected(
    browser: httpx.Client, open_session: OpenSession, fake: Handle, early: bool
) -> None:
    session = open_session()
    with answering_slowly(0.3 if early else 10) as (url, answered, go_on):
        browser.post("/v1/webhook_endpoints", data={"url": url, **COMPLETED}, auth=TEST_KEY)
        if early:
            fake.fault("early", "POST /c/pay/*")
        assert browser.post(page_of(session.id), data=CARD).status_code == 303
        assert answered.is_set() == early
        go_on.set()
        assert answered.wait(10)


def test_the_same_after_3d_secure(
    browser: httpx.Client, open_session: OpenSession, fake: Handle
) -> None:
    session = open_session()
    with answering_slowly(0.3) as (url, answered, _):
        browser.post("/v1/webhook_endpoints", data={"url": url, **COMPLETED}, auth=TEST_KEY)
        browser.post(page_of(session.id), data=CARD | {"card": "4000002500003155"})
        fake.fault("early", "POST /c/pay/*/3d-secure")
        browser.post(f"{page_of(session.id)}/3d-secure", data={"answer": "complete"})
        assert answered.is_set()


@contextmanager
def answering_slowly(
    seconds: float,
) -> Iterator[tuple[str, threading.Event, threading.Event]]:
    """A webhook address that takes so long unless told to go on, and whether it has answered."""
    answered, go_on = threading.Event(), threading.Event()

    class Slow(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            go_on.wait(seconds)
            answered.set()
            self.send_response(200)
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Slow) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/", answered, go_on
        server.shutdown()
        thread.join()


def test_the_page_shows_the_discount(
    browser: httpx.Client, client: StripeClient, open_session: OpenSession
) -> None:
    coupon = client.v1.coupons.create({"percent_off": 10}).id
    text = browser.get(page_of(open_session(discounts=[{"coupon": coupon}]).id)).text
    for shown in ("Discount", "-€2.50", "€25.00", "Pay €22.50"):
        assert shown in text
    assert "Discount" not in browser.get(page_of(open_session().id)).text
