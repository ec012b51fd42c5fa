"""What becomes of an order, in a real browser: shipped from the back office, seen by the customer at
once, withdrawn from in two steps, with and without a script; and axe has nothing to say about it."""

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from bodega.ops.showcase import STAFF
from tests.browser.test_accessibility import complaints
from tests.browser.visitor import DESKTOP, PHONE, NewVisitor, Visitor

OURS = ".bo-order"  # the frame around it is unfold's


def complaints_of_ours(page: Page) -> list[str]:
    """What axe objects to in the back office's own parts."""
    found: list[dict[str, Any]] = Axe().run(page, context=OURS).response["violations"]
    return [f"{rule['id']}: {node['html'][:120]}" for rule in found for node in rule["nodes"]]


def buy(guest: Visitor) -> str:
    """Somebody orders two prints and pays; the order's number."""
    guest.add("siesta")
    guest.add()
    guest.order()
    guest.pay()
    guest.page.get_by_role("heading", name="Thank you").wait_for()
    said = re.search(r"Order (\S+) is paid", guest.page.locator(".status").inner_text())
    assert said
    return said.group(1)


def at_the_desk(clerk: Visitor, number: str) -> None:
    """Log in and open the order's page."""
    clerk.go("/backoffice/")
    if clerk.page.locator("[name=username]").count():
        clerk.page.locator("[name=username]").fill(STAFF[0])
        clerk.page.locator("[name=password]").fill(STAFF[1])
        clerk.page.locator("[type=submit]").first.click()
        clerk.page.locator("[data-figure]").first.wait_for()
    clerk.go(f"/backoffice/orders/order/?q={number}")
    clerk.page.get_by_role("link", name=number, exact=True).click()
    clerk.page.locator(OURS).wait_for()


def withdraw(guest: Visitor, number: str) -> list[str]:
    """From the footer to the receipt; what axe objects to on the way."""
    page = guest.go("/cart/")
    page.get_by_role("link", name="Withdraw from contract here").click()
    page.get_by_label("Your name").fill("Kim Beispiel")
    page.get_by_label("Order number").fill(number)
    page.get_by_label("E-mail address").fill("kim@example.com")
    page.get_by_role("button", name="Continue").click()
    page.get_by_role("button", name="Confirm withdrawal").wait_for()
    found = complaints(page) if guest.has_script else []
    page.get_by_role("button", name="Confirm withdrawal").click()
    expect(page.get_by_role("heading", name="We have received your withdrawal")).to_be_visible()
    expect(page.locator(".status")).to_contain_text(re.compile(r"\d\d:\d\d:\d\d"))
    return found + (complaints(page) if guest.has_script else [])


def test_the_customer_sees_the_parcel_leave_without_loading_the_page_again(
    new_visitor: NewVisitor,
) -> None:
    guest, clerk = new_visitor(**DESKTOP), new_visitor(**DESKTOP)
    number = buy(guest)
    at_the_desk(clerk, number)
    guest.page.evaluate("window.stayed = true")
    clerk.page.locator("[name='parcel-carrier']").fill("DHL")
    clerk.page.locator("[name='parcel-number']").fill("00340434161094042557")
    clerk.page.get_by_role("button", name="Ship", exact=True).click()
    guest.page.get_by_role("heading", name="Your order is on its way").wait_for()
    link = guest.page.get_by_role("link", name="Follow the parcel")
    expect(link).to_have_attribute("href", re.compile(r"^https://www\.dhl\.com/.*42557$"))
    assert guest.page.evaluate("window.stayed") is True
    clerk.page.get_by_role("button", name="It has arrived").click()
    guest.page.get_by_role("heading", name="Your order has arrived").wait_for()
    expect(guest.page.get_by_text("You can withdraw from the contract until")).to_be_visible()


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_has_nothing_to_say_about_an_order_s_after_life(
    scheme: str, device: dict[str, Any], new_visitor: NewVisitor
) -> None:
    look: dict[str, Any] = {"color_scheme": scheme, "reduced_motion": "reduce", **device}
    guest, clerk = new_visitor(**look), new_visitor(**look)
    number = buy(guest)
    status = guest.page.url.removeprefix(guest.shop)
    at_the_desk(clerk, number)
    found = complaints_of_ours(clerk.page)
    clerk.page.locator("[name^='parcel-line']").first.fill("0")
    clerk.page.get_by_role("button", name="Ship", exact=True).click()
    clerk.page.get_by_role("button", name="It has arrived").wait_for()
    found += withdraw(new_visitor(**look), number)
    found += complaints(guest.go(f"{status}withdrawal/")) + complaints(guest.go(status))
    at_the_desk(clerk, number)
    for folded in clerk.page.locator(f"{OURS} details").all():
        folded.evaluate("details => details.open = true")
    found += complaints_of_ours(clerk.page)
    clerk.go("/backoffice/orders/mailtemplate/shipped/words/")
    assert found + complaints_of_ours(clerk.page) == []


def test_axe_would_say_something_about_our_part_of_the_back_office(
    new_visitor: NewVisitor,
) -> None:
    guest, clerk = new_visitor(**DESKTOP), new_visitor(**DESKTOP)
    at_the_desk(clerk, buy(guest))
    clerk.page.evaluate("document.querySelector('[for=id_parcel-carrier]').remove()")
    assert any("label" in complaint for complaint in complaints_of_ours(clerk.page))


def test_a_withdrawal_needs_no_script(new_visitor: NewVisitor) -> None:
    number = buy(new_visitor(**DESKTOP))
    plain = new_visitor(java_script_enabled=False, **PHONE)
    withdraw(plain, number)


def test_the_preview_of_a_mail_shows_the_words(new_visitor: NewVisitor) -> None:
    clerk = new_visitor(**DESKTOP)
    at_the_desk(clerk, "BP-1001")
    clerk.go("/backoffice/orders/mailtemplate/shipped/words/")
    inside = clerk.page.frame_locator("iframe.bo-preview")
    expect(inside.get_by_role("heading", name="Your order is on its way")).to_be_visible()
