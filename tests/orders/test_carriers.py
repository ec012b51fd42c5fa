"""Tracking links: the carrier's own, https, and nothing that was typed breaks out of them."""

import pytest

from bodega.orders.carriers import PAGES, is_safe, tracking_url


@pytest.mark.parametrize("carrier", PAGES)
def test_every_carrier_has_a_safe_page_that_names_the_parcel(carrier: str) -> None:
    url = tracking_url(carrier, "1Z 999 AA1")
    assert is_safe(url)
    assert "1Z999AA1" in url


def test_names_are_read_as_people_write_them() -> None:
    assert tracking_url(" dhl ", "1") == tracking_url("DHL", "1") != ""


def test_what_is_not_known_has_no_link() -> None:
    assert tracking_url("Uncle Tom's van", "1") == ""
    assert tracking_url("DHL", "  ") == ""


def test_a_number_cannot_become_another_address() -> None:
    assert tracking_url("DPD", "../../x?y=1#z").endswith("/parcel/..%2F..%2Fx%3Fy%3D1%23z")


@pytest.mark.parametrize(
    "url", ["http://dhl.com/1", "javascript:alert(1)", "https://", "//dhl.com", "ftp://dhl.com/"]
)
def test_only_https_with_a_host_is_safe(url: str) -> None:
    assert not is_safe(url)
    assert is_safe("https://dhl.com/1")
