"""People log in with their e-mail address."""

import pytest
from django.contrib.auth import authenticate
from django.db import IntegrityError, transaction

from bodega.customers.models import User

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"


def test_a_person_is_made_and_logs_in_by_address() -> None:
    user = User.objects.create_user("Ada@Example.com", PASSWORD)
    assert user.email == "ada@example.com"
    assert authenticate(email="ada@example.com", password=PASSWORD) == user
    assert authenticate(username="ada@example.com", password=PASSWORD) == user
    assert authenticate(email="ada@example.com", password="wrong") is None


def test_the_case_of_an_address_does_not_matter_when_logging_in() -> None:
    user = User.objects.create_user("ada@example.com", PASSWORD)
    assert authenticate(email="ADA@example.com", password=PASSWORD) == user


def test_an_address_has_one_login_whatever_its_case() -> None:
    User.objects.create_user("ada@example.com")
    with pytest.raises(IntegrityError), transaction.atomic():
        User.objects.create_user("Ada@Example.COM")


def test_somebody_without_a_password_cannot_log_in() -> None:
    User.objects.create_user("ada@example.com")
    assert authenticate(email="ada@example.com", password="") is None


def test_an_address_is_needed() -> None:
    with pytest.raises(ValueError, match="e-mail address"):
        User.objects.create_user("")


def test_staff_and_superusers_are_told_apart() -> None:
    user = User.objects.create_user("ada@example.com")
    chief = User.objects.create_superuser("chief@example.com", PASSWORD)
    assert (user.is_staff, user.is_superuser) == (False, False)
    assert (chief.is_staff, chief.is_superuser) == (True, True)


def test_a_person_is_called_by_name_or_else_by_address() -> None:
    assert str(User(email="ada@example.com")) == "ada@example.com"
    assert str(User(email="a@b.c", first_name="Ada", last_name="L.")) == "Ada L."
