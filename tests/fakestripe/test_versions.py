import httpx

from fakestripe import API_VERSION
from fakestripe.testing import Handle
from fakestripe.versions import OLDER, respelt
from tests.fakestripe.parameter_tables import derive

OLD = {"payment_method_types": {"0": "card"}, "amount": "5"}
NEW = {"allowed_payment_method_types": {"0": "card"}, "amount": "5"}


def test_an_older_spelling_is_read_as_todays() -> None:
    assert respelt("payment_intents.create", OLD, None) == NEW
    assert respelt("payment_intents.create", OLD, "2019-03-14") == NEW
    assert respelt("payment_intents.create", NEW, None) == NEW


def test_who_names_todays_version_is_taken_at_their_word() -> None:
    assert respelt("payment_intents.create", OLD, API_VERSION) == OLD


def test_other_calls_know_no_older_spelling() -> None:
    assert respelt("customers.create", {"coupon": "x"}, None) == {"coupon": "x"}


def test_every_older_spelling_is_unknown_today_and_its_replacement_is_not() -> None:
    tables = derive()
    for operation, spellings in OLDER.items():
        known = set(tables[operation]["fields"])
        assert not known & set(spellings)
        assert all(set(spell("x")) <= known for spell in spellings.values())


def test_a_caller_of_an_older_version_makes_a_promotion_code(fake: Handle) -> None:
    def post(path: str, version: str, **data: str) -> httpx.Response:
        headers = {"Stripe-Version": version}
        return httpx.post(fake.base_url + path, data=data, headers=headers, auth=("sk_test_x", ""))

    coupon = post("/v1/coupons", "2020-08-27", percent_off="20").json()["id"]
    made = post("/v1/promotion_codes", "2020-08-27", coupon=coupon)
    assert made.json()["promotion"] == {"coupon": coupon, "type": "coupon"}
    refused = post("/v1/promotion_codes", API_VERSION, coupon=coupon)
    assert refused.json()["error"]["code"] == "parameter_unknown"
