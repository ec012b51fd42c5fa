"""axe finds nothing on any kind of page: light and dark, phone and desktop (WCAG 2.2 AA and more)."""

from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.browser.visitor import DESKTOP, PHONE, NewVisitor, Visitor

EMPTY_HANDED = (
    "/",
    "/c/nature/",
    "/c/nature/?filter=colour:green&stock=1",
    "/collections/quiet-rooms/",
    "/search/",
    "/search/?q=blue",
    "/search/?q=zzzz",
    "/p/blue-hour/",
    "/p/two-ripples/",
    "/p/red-branch/",
    "/pages/imprint/",
    "/pages/shipping/",
    "/cart/",
    "/orders/withdrawal/",
    "/not-here/",
)


def complaints(page: Page) -> list[str]:
    """What axe objects to: rule, what it is about, where."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{page.url}: {rule['id']}: {rule['help']}: {node['html'][:120]}"
        for rule in found
        for node in rule["nodes"]
    ]


def wander(visitor: Visitor) -> list[str]:
    """Look at every kind of page, then buy; the complaints on the way."""
    found = [complaint for path in EMPTY_HANDED for complaint in complaints(visitor.go(path))]
    visitor.page.get_by_role("combobox").fill("blu")
    found += complaints(visitor.page)
    visitor.add()
    found += complaints(visitor.page)
    for path in ("/cart/", "/checkout/"):
        found += complaints(visitor.go(path))
    visitor.page.get_by_role("button", name="Order and pay").click()
    visitor.page.locator("[data-focus]").wait_for()
    found += complaints(visitor.page)
    visitor.order()
    visitor.page.go_back()
    visitor.go("/checkout/")
    visitor.order()
    visitor.pay()
    visitor.page.get_by_role("heading", name="Thank you").wait_for()
    return found + complaints(visitor.page)


@pytest.mark.slow
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_axe_has_nothing_to_say_about_any_page(
    scheme: str, device: dict[str, Any], new_visitor: NewVisitor
) -> None:
    visitor = new_visitor(color_scheme=scheme, reduced_motion="reduce", **device)
    assert wander(visitor) == []


def test_axe_would_say_something(new_visitor: NewVisitor) -> None:
    visitor = new_visitor()
    visitor.go("/")
    visitor.page.evaluate("document.querySelector('.search label').remove()")
    visitor.page.evaluate("document.querySelector('.search input').removeAttribute('placeholder')")
    assert any("label" in complaint for complaint in complaints(visitor.page))


def test_nothing_is_wider_than_a_small_phone(new_visitor: NewVisitor) -> None:
    visitor = new_visitor(viewport={"width": 320, "height": 640})
    visitor.add()
    for path in (*EMPTY_HANDED, "/checkout/"):
        visitor.go(path)
        assert visitor.page.evaluate("document.documentElement.scrollWidth") <= 320, path


def test_nothing_moves_while_the_pictures_come(new_visitor: NewVisitor) -> None:
    visitor = new_visitor(**PHONE)
    visitor.page.add_init_script(
        "window.shift = 0; new PerformanceObserver(list => list.getEntries().forEach("
        "entry => window.shift += entry.value)).observe({type: 'layout-shift', buffered: true})"
    )
    for path in ("/", "/c/nature/", "/p/blue-hour/"):
        visitor.go(path)
        assert visitor.page.evaluate("window.shift") < 0.02, path
