"""First answers, with a view that counts how often it was really asked."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.test import RequestFactory

from bodega.lib.clock import utc_now
from bodega.merchant.models import Merchant
from bodega.repeats import answering
from bodega.repeats.answering import KEEP, SWEEP_EVERY, SWEPT, repeatable
from bodega.repeats.models import FirstAnswer

KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"
pytestmark = pytest.mark.django_db


@dataclass
class Shop:
    """A view that counts in a row; `answers` makes its answers. `who`: who asks."""

    who: list[str] = field(default_factory=lambda: ["ada"])
    answers: Callable[[int], HttpResponse] = lambda n: JsonResponse({"count": n})

    def ask(self, key: str | None = KEY, path: str = "/", **form: str) -> HttpResponse:
        headers = {} if key is None else {"Idempotency-Key": key}
        view = repeatable(lambda _request: self.who)(self.view)
        return view(RequestFactory().post(path, form, headers=headers))

    def view(self, _request: HttpRequest) -> HttpResponse:
        Merchant.objects.update(withdrawal_days=F("withdrawal_days") + 1)
        return self.answers(self.count)

    @property
    def count(self) -> int:
        return Merchant.objects.get().withdrawal_days


@pytest.fixture
def shop(db: None) -> Shop:
    Merchant.objects.create(pk=1, name="Prints", country="DE", currency="EUR", withdrawal_days=0)
    return Shop()


def test_a_repeat_gets_the_first_answer_and_does_nothing(shop: Shop) -> None:
    answers = [shop.ask() for _ in range(3)]
    assert [answer.text for answer in answers] == ['{"count": 1}'] * 3
    assert [answer.headers.get("Idempotent-Replayed") for answer in answers] == [
        None,
        "true",
        "true",
    ]
    assert shop.count == 1
    assert FirstAnswer.objects.count() == 1


def test_without_a_key_it_is_done_each_time_and_no_row_is_written(shop: Shop) -> None:
    """The control."""
    assert [shop.ask(key=None).text for _ in range(2)] == ['{"count": 1}', '{"count": 2}']
    assert not FirstAnswer.objects.exists()


def test_status_headers_and_cookies_come_again(shop: Shop) -> None:
    def answer(n: int) -> HttpResponse:
        response = HttpResponseRedirect("/cart/?added=A&n=é", status=303)
        response.set_cookie("cart", f"token{n}", max_age=60, httponly=True, samesite="Lax")
        response.set_cookie("cart_count", "2", secure=True)
        response.headers["X-Other"] = "middleware's, made anew"
        return response

    shop.answers = answer
    first, second = shop.ask(), shop.ask()
    assert (second.status_code, second["Location"]) == (303, first["Location"])
    assert second.cookies.output() == first.cookies.output()
    assert "HttpOnly" in second.cookies["cart"].OutputString()
    assert "X-Other" not in second


def test_another_key_is_another_wish(shop: Shop) -> None:
    shop.ask()
    shop.ask(KEY[::-1])
    assert shop.count == 2


@pytest.mark.parametrize("change", [{"quantity": "2"}, {"path": "/elsewhere/"}])
def test_the_same_key_for_something_else_is_refused(shop: Shop, change: dict[str, Any]) -> None:
    shop.ask(quantity="1")
    answer = shop.ask(**{"quantity": "1"} | change)
    assert answer.status_code == 422
    assert "sent before with other words" in answer.text
    assert shop.count == 1


def test_a_malformed_key_is_refused_before_anything_is_done(shop: Shop) -> None:
    answer = shop.ask("1")
    assert (answer.status_code, shop.count) == (400, 0)
    assert "a UUID" in answer.text


def test_nobody_gets_anothers_answer(shop: Shop) -> None:
    shop.ask()
    shop.who = ["eve"]
    assert shop.ask().text == '{"count": 2}'


def test_whoever_was_known_by_another_name_gets_it_too(shop: Shop) -> None:
    """The first answer broke off after its cookie: the repeat comes with a cart, the first had none."""
    shop.who = ["address 10.0.0.1"]
    shop.ask()
    shop.who = ["cart t", "address 10.0.0.1"]
    assert shop.ask().text == '{"count": 1}'


@pytest.mark.parametrize("status", [400, 404, 422, 503])
def test_a_refusal_changes_nothing_and_is_not_kept(shop: Shop, status: int) -> None:
    shop.answers = lambda _n: JsonResponse({}, status=status)
    assert shop.ask().status_code == status
    assert (shop.count, FirstAnswer.objects.count()) == (0, 0)
    shop.answers = lambda n: JsonResponse({"count": n})
    assert shop.ask().text == '{"count": 1}', "the next attempt may succeed"


def test_an_error_takes_back_what_was_done(shop: Shop) -> None:
    def fail(_n: int) -> HttpResponse:
        raise Http404

    shop.answers = fail
    with pytest.raises(Http404):
        shop.ask()
    assert (shop.count, FirstAnswer.objects.count()) == (0, 0)


def test_a_page_in_answer_is_a_form_shown_again_and_not_kept(shop: Shop) -> None:
    shop.answers = lambda _n: HttpResponse("<form>")
    shop.ask()
    assert not FirstAnswer.objects.exists()


def test_whoever_comes_second_takes_back_its_own_and_gives_the_firsts(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on PostgreSQL, where two may look before either has written."""
    shop.ask()
    look, looked = answering.first_answer, iter([None])
    monkeypatch.setattr(
        answering, "first_answer", lambda *asked: next(looked, "seen") and look(*asked)
    )
    assert shop.ask().text == '{"count": 1}'
    assert shop.count == 1


def aged(rows: int, age: timedelta) -> None:
    FirstAnswer.objects.bulk_create(
        FirstAnswer(key=f"{n}", request="", status=303, headers={}, cookies=[], at=utc_now() - age)
        for n in range(rows)
    )


def test_old_answers_go_faster_than_new_ones_come(shop: Shop) -> None:
    aged(SWEPT, KEEP + timedelta(minutes=1))
    for n in range(SWEEP_EVERY):
        shop.ask(f"{n:016}")
    assert FirstAnswer.objects.count() == SWEEP_EVERY


def test_answers_of_today_stay(shop: Shop) -> None:
    aged(5, KEEP - timedelta(minutes=1))
    for n in range(SWEEP_EVERY):
        shop.ask(f"{n:016}")
    assert FirstAnswer.objects.count() == 5 + SWEEP_EVERY
