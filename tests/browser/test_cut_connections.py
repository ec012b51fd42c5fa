"""The connection breaks after the shop has done its part: the page's script asks once more."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.visitor import NewVisitor, Visitor

LINES = "**/cart/lines/"
Spoil = Callable[[Route], None]


def lose_answer(route: Route) -> None:
    """The shop does what is asked, and the answer gets lost."""
    route.fetch()
    route.abort("connectionreset")


def lose_key(route: Route) -> None:
    """The same, of a request whose key nobody sees."""
    told = {n: v for n, v in route.request.headers.items() if n != "idempotency-key"}
    route.fetch(headers=told)
    route.abort("connectionreset")


def refuse(route: Route) -> None:
    """A proxy without a shop behind it."""
    route.fulfill(status=503, headers={"Retry-After": "1"}, body="<h1>Back soon</h1>")


def spoil(page: Page, times: int, how: Spoil) -> list[str]:
    """Spoil the next POSTs to the cart; the keys of all of them, in time."""
    keys: list[str] = []

    def handle(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        how(route) if len(keys) <= times else route.continue_()

    page.route(LINES, handle)
    return keys


@pytest.fixture
def guest(new_visitor: NewVisitor) -> Visitor:
    """Somebody who looks at a print."""
    guest = new_visitor()
    guest.go("/p/blue-hour/")
    return guest


def press(guest: Visitor) -> None:
    guest.page.get_by_role("button", name="Add to cart").click()


def has(guest: Visitor, count: str) -> None:
    """So many in the cart; what the browser says about broken connections was meant to happen."""
    expect(guest.page.locator("#toast")).to_contain_text("is in your cart")
    expect(guest.page.locator("[data-cart-count]")).to_have_text(count)
    assert all("Failed to load resource" in complaint for complaint in guest.complaints)
    guest.complaints.clear()


@pytest.mark.parametrize("how", [lose_answer, refuse])
def test_the_script_asks_once_more_and_the_article_is_in_the_cart_once(
    guest: Visitor, how: Spoil
) -> None:
    keys = spoil(guest.page, 1, how)
    press(guest)
    has(guest, "1")
    assert len(keys) == 2
    assert len(set(keys)) == 1


def test_when_the_repeat_fails_too_pressing_again_is_the_same_wish(guest: Visitor) -> None:
    keys = spoil(guest.page, 2, lose_answer)
    press(guest)
    expect(guest.page.locator("#toast")).to_contain_text("nothing is put in twice")
    press(guest)
    has(guest, "1")
    press(guest)
    has(guest, "2")
    assert len(keys) == 4
    assert len(set(keys)) == 2, "once it was answered, the next press is another wish"


def test_a_repeat_of_a_request_without_its_key_doubles(guest: Visitor) -> None:
    """The control."""
    press(guest)
    has(guest, "1")
    spoil(guest.page, 1, lose_key)
    press(guest)
    has(guest, "3")


def test_a_change_in_the_cart_survives_a_lost_answer(guest: Visitor) -> None:
    press(guest)
    has(guest, "1")
    page = guest.go("/cart/")
    lost: list[str] = []

    def lose_first(route: Route) -> None:
        lost.append(route.request.headers["idempotency-key"])
        lose_answer(route) if len(lost) == 1 else route.continue_()

    page.route("**/cart/lines/*/", lose_first)
    page.get_by_role("spinbutton").fill("3")
    page.get_by_role("spinbutton").press("Enter")
    expect(page.locator("[data-cart-count]")).to_have_text("3")
    assert len(set(lost)) == 1 < len(lost)
    guest.complaints.clear()
