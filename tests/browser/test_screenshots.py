"""Pictures of the shop for a person to look at, in build/screenshots/."""

from pathlib import Path
from typing import Any

import pytest

from bodega.ops.showcase import STAFF
from tests.browser.visitor import DESKTOP, PHONE, NewVisitor, Visitor

FOLDER = Path(__file__).parents[2] / "build" / "screenshots"
PAGES = {
    "home": "/",
    "category": "/c/nature/",
    "search": "/search/?q=blue",
    "product": "/p/blue-hour/",
    "not-found": "/not-here/",
}


def take(visitor: Visitor, name: str, kind: str) -> Path:
    """A picture of what the visitor sees without scrolling."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    path = FOLDER / f"{name}-{kind}.png"
    visitor.page.screenshot(path=path)
    return path


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "device", "scheme"),
    [("desktop", DESKTOP, "light"), ("phone", PHONE, "light"), ("dark", DESKTOP, "dark")],
)
def test_every_kind_of_page_is_pictured(
    kind: str, device: dict[str, Any], scheme: str, new_visitor: NewVisitor
) -> None:
    guest = new_visitor(color_scheme=scheme, reduced_motion="reduce", **device)
    taken = []
    for name, path in PAGES.items():
        guest.go(path)
        taken.append(take(guest, name, kind))
    guest.add("siesta")
    guest.add()
    for name, path in {"cart": "/cart/", "checkout": "/checkout/"}.items():
        guest.go(path)
        taken.append(take(guest, name, kind))
    guest.order()
    guest.pay()
    guest.page.get_by_role("heading", name="Thank you").wait_for()
    taken.append(take(guest, "paid", kind))
    assert all(path.stat().st_size > 10_000 for path in taken)


@pytest.mark.parametrize(("kind", "device"), [("desktop", DESKTOP), ("phone", PHONE)])
def test_the_dashboard_is_pictured(
    kind: str, device: dict[str, Any], new_visitor: NewVisitor
) -> None:
    clerk = new_visitor(reduced_motion="reduce", **device)
    clerk.go("/backoffice/")
    clerk.page.locator("[name=username]").fill(STAFF[0])
    clerk.page.locator("[name=password]").fill(STAFF[1])
    clerk.page.locator("[type=submit]").first.click()
    clerk.page.locator("[data-figure]").first.wait_for()
    assert take(clerk, "dashboard", kind).stat().st_size > 10_000
