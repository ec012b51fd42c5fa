from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest
from django.test import RequestFactory

from bodega.repeats.asking import MalformedKey, key_of, name_of, wish_of

KEY = "8e03978e-40d5-43dd-bc93-6894a57f9324"


def post(path: str = "/cart/lines/", key: str | None = KEY, **form: Any) -> HttpRequest:
    headers = {} if key is None else {"Idempotency-Key": key}
    return RequestFactory().post(path, form, headers=headers)


def test_the_key_is_in_the_header_with_or_without_the_quotes_of_the_draft() -> None:
    assert key_of(post()) == key_of(post(key=f' "{KEY}" ')) == KEY


def test_a_form_brings_it_as_a_hidden_field() -> None:
    assert key_of(post(key=None, idempotency_key=KEY)) == KEY


def test_there_is_none_without_one_and_none_where_nothing_is_posted() -> None:
    assert key_of(post(key=None)) is None
    assert key_of(post(key="")) is None
    assert key_of(RequestFactory().get("/", headers={"Idempotency-Key": KEY})) is None


@pytest.mark.parametrize(
    "key", ["1", "k" * 15, "k" * 256, "a key with blanks in it", "schlüssel" * 3]
)
def test_what_cannot_be_random_is_refused(key: str) -> None:
    with pytest.raises(MalformedKey, match="a UUID"):
        key_of(post(key=key))


def test_a_name_is_of_one_key_and_one_sender_and_tells_neither() -> None:
    names = {name_of(KEY, "cart a"), name_of(KEY, "cart b"), name_of(KEY[::-1], "cart a")}
    assert len(names) == 3
    assert all(len(name) == 64 and KEY not in name for name in names)


def test_the_same_wish_is_the_same_path_and_form_in_any_order() -> None:
    assert wish_of(post(variant="1", quantity="2")) == wish_of(post(quantity="2", variant="1"))


def test_the_key_itself_is_no_part_of_the_wish() -> None:
    assert wish_of(post(a="1", idempotency_key=KEY)) == wish_of(post(a="1"))


def test_another_path_value_or_file_is_another_wish() -> None:
    upload = SimpleUploadedFile("dunes.png", b"12345678")
    wishes = [
        wish_of(post(a="1")),
        wish_of(post("/cart/code/", a="1")),
        wish_of(post(a="2")),
        wish_of(post(a=["1", "1"])),
        wish_of(post(a="1", picture=upload)),
        wish_of(post(a="1", picture=SimpleUploadedFile("dunes.png", b"1"))),
    ]
    assert len(set(wishes)) == len(wishes)


def test_signs_that_are_no_text_are_no_error() -> None:
    def form(body: bytes) -> HttpRequest:
        return RequestFactory().post("/", body, content_type="application/x-www-form-urlencoded")

    assert wish_of(form(b"a=%ed%a0%80%00%ff")) != wish_of(form(b"a="))
