"""Carts nobody came back to."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from bodega.cart import changing, expiring
from bodega.cart.jobs import expire_carts
from bodega.cart.models import Cart, CartLine
from tests.cart.conftest import NOW


def test_a_cart_goes_thirty_days_after_its_last_change(cart: Cart) -> None:
    assert expiring.expire(NOW + timedelta(days=30) - timedelta(seconds=1)) == 0
    assert Cart.objects.exists()
    assert expiring.expire(NOW + timedelta(days=30)) == 1
    assert not Cart.objects.exists()
    assert not CartLine.objects.exists()


def test_a_cart_that_was_changed_stays(cart: Cart) -> None:
    changing.set_code(cart, "", NOW + timedelta(days=29))
    assert expiring.expire(NOW + timedelta(days=30)) == 0


def test_many_are_deleted_in_small_batches(
    cart: Cart,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    monkeypatch.setattr(expiring, "BATCH", 4)
    Cart.objects.bulk_create(
        Cart(token=f"{number:032}", expires_at=NOW - timedelta(days=number)) for number in range(10)
    )
    with django_assert_max_num_queries(3 * 6 + 1):
        assert expiring.expire(NOW) == 10
    assert Cart.objects.get() == cart


def test_the_recurring_job_deletes_what_is_old_now(cart: Cart) -> None:
    fresh = Cart.objects.create(token="f" * 32, expires_at=timezone.now() + timedelta(days=1))
    Cart.objects.filter(pk=cart.pk).update(expires_at=timezone.now() - timedelta(days=1))
    expire_carts.call()
    assert Cart.objects.get() == fresh
