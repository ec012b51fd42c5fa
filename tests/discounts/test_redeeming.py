"""A use is counted once, never past the limit, and given back once."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from django.db import connection, transaction

from bodega.discounts.checking import CodeRefused
from bodega.discounts.models import Discount, Redemption
from bodega.discounts.redeeming import redeem, undo
from tests.discounts.conftest import NOW, MakeDiscount


def used(discount: Discount) -> tuple[int, int]:
    """(counted, rows): they always agree."""
    discount.refresh_from_db()
    return discount.used, discount.redemptions.count()


def test_a_use_is_a_row_and_a_count(make_discount: MakeDiscount) -> None:
    discount = make_discount()
    redeem(discount, "order-1", " Ann@Example.com", NOW)
    assert used(discount) == (1, 1)
    row = Redemption.objects.get()
    assert (row.reference, row.email, row.at) == ("order-1", "ann@example.com", NOW)
    assert str(row) == "SPRING by order-1"


def test_the_same_order_counts_once(make_discount: MakeDiscount) -> None:
    discount = make_discount(limit=1)
    for _ in range(3):
        redeem(discount, "order-1", "a@example.com", NOW)
    assert used(discount) == (1, 1)


def test_the_limit_holds_even_for_those_who_checked_before(make_discount: MakeDiscount) -> None:
    discount = make_discount(limit=1)
    seen_earlier = Discount.objects.get(pk=discount.pk)
    redeem(discount, "order-1", "a@example.com", NOW)
    with pytest.raises(CodeRefused, match="used up"):
        redeem(seen_earlier, "order-2", "b@example.com", NOW)
    assert used(discount) == (1, 1)


def test_without_a_limit_it_goes_on(make_discount: MakeDiscount) -> None:
    discount = make_discount()
    for number in range(5):
        redeem(discount, str(number), "a@example.com", NOW)
    assert used(discount) == (5, 5)


def test_a_second_use_by_the_same_customer_is_not_counted(make_discount: MakeDiscount) -> None:
    discount = make_discount(once_per_customer=True)
    redeem(discount, "order-1", "ann@example.com", NOW)
    with transaction.atomic(), pytest.raises(CodeRefused, match="once per customer"):
        redeem(discount, "order-2", "ANN@example.com", NOW)
    assert used(discount) == (1, 1)  # although the surrounding transaction went through
    redeem(discount, "order-3", "bob@example.com", NOW)
    assert used(discount) == (2, 2)


def test_a_code_switched_off_a_moment_ago_is_refused(make_discount: MakeDiscount) -> None:
    discount = make_discount()
    Discount.objects.update(is_active=False)
    with pytest.raises(CodeRefused, match="not in use"):
        redeem(discount, "order-1", "a@example.com", NOW)
    assert used(discount) == (0, 0)


def test_a_code_that_ran_out_before_the_order_is_refused(make_discount: MakeDiscount) -> None:
    discount = make_discount(ends_at=NOW)
    with pytest.raises(CodeRefused, match="was valid until"):
        redeem(discount, "order-1", "a@example.com", NOW)
    redeem(discount, "order-1", "a@example.com", NOW - timedelta(seconds=1))
    assert used(discount) == (1, 1)


def test_a_use_is_given_back_once(make_discount: MakeDiscount) -> None:
    discount = make_discount(limit=1, once_per_customer=True)
    redeem(discount, "order-1", "ann@example.com", NOW)
    assert undo("order-1") is True
    assert undo("order-1") is False
    assert undo("never was") is False
    assert used(discount) == (0, 0)
    redeem(discount, "order-2", "ann@example.com", NOW)
    assert used(discount) == (1, 1)


@pytest.mark.django_db(transaction=True)
def test_of_many_at_once_only_the_limit_gets_through() -> None:
    discount = Discount.objects.create(code="X", percent=10, limit=3)
    start, refused = Barrier(8), []

    def order(number: int) -> None:
        start.wait()
        try:
            redeem(discount, str(number), f"{number}@example.com", NOW)
        except CodeRefused:
            refused.append(number)
        finally:
            connection.close()

    threads = [Thread(target=order, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert used(discount) == (3, 3)
    assert len(refused) == 5
