import pytest
from django.core.cache import cache
from django.test import Client

from bodega.backoffice import throttling
from bodega.customers.models import User
from tests.backoffice.conftest import PASSWORD

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forget_failures() -> None:
    cache.clear()


def log_in(client: Client, password: str, email: str = "owner@example.com") -> str:
    return client.post(
        "/backoffice/login/?next=/backoffice/",
        {"username": email, "password": password},
        follow=True,
    ).content.decode()


def test_people_log_in_with_their_mail_address_in_any_case(client: Client, owner: User) -> None:
    assert "Today" in log_in(client, PASSWORD, "Owner@Example.com")


def test_after_five_failures_even_the_right_password_has_to_wait(
    client: Client, owner: User
) -> None:
    for _ in range(throttling.FREE_FAILURES_PER_EMAIL):
        assert "Too many failed logins" not in log_in(client, "wrong")
    assert "Too many failed logins. Try again in 15 minutes." in log_in(client, PASSWORD)


def test_four_failures_are_forgiven(client: Client, owner: User) -> None:
    for _ in range(throttling.FREE_FAILURES_PER_EMAIL - 1):
        log_in(client, "wrong")
    assert "Today" in log_in(client, PASSWORD)


def test_one_address_cannot_try_many_people(client: Client, owner: User) -> None:
    for n in range(throttling.FREE_FAILURES_PER_ADDRESS):
        log_in(client, "wrong", f"person{n}@example.com")
    assert "Too many failed logins" in log_in(client, PASSWORD)


def test_real_passwords_are_hashed_with_scrypt() -> None:
    from django.conf import settings

    assert settings.PASSWORD_HASHERS[-1].endswith("ScryptPasswordHasher")
