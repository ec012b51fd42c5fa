"""The order's story."""

import pytest

from bodega.lib.clock import utc_now
from bodega.orders import timeline
from bodega.orders.models import Order

pytestmark = pytest.mark.django_db(databases=["default", "queue"])


def test_entries_are_internal_unless_told(order: Order) -> None:
    entry = timeline.record(order, "note", "Fragile", at=utc_now())
    assert not entry.is_public
    assert (entry.actor, entry.data) == ("shop", {})


def test_a_message_that_is_too_long_is_cut_where_one_sees_it(order: Order) -> None:
    entry = timeline.record(order, "payment_failed", "x" * 1000, at=utc_now())
    assert len(entry.message) == timeline.LONGEST
    assert entry.message.endswith("…")
    assert timeline.record(order, "note", "y" * 400, at=utc_now()).message == "y" * 400
