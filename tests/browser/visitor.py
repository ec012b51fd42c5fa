"""What a visitor does in the shop, in the words of the page."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import ConsoleMessage, Page, expect

PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "has_touch": True}
DESKTOP: dict[str, Any] = {"viewport": {"width": 1280, "height": 900}}
BUYER = {
    "E-mail address": "kim@example.com",
    "Full name": "Kim Beispiel",
    "Street and number": "Chausseestraße 12",
    "Postcode": "10115",
    "City": "Berlin",
}
PATIENCE = 20_000  # milliseconds; the machine may be busy


class Visitor:
    """One browser tab. `complaints` are console errors, script errors and policy violations."""

    def __init__(self, shop: str, page: Page) -> None:
        self.shop, self.page = shop, page
        self.complaints: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))

    def go(self, path: str) -> Page:
        """Open a page of the shop and wait until pictures and fonts are there."""
        self.page.goto(self.shop + path, wait_until="networkidle")
        return self.page

    def add(self, product: str = "blue-hour") -> None:
        """Put a print into the cart; with a script the page stays, without one it is the cart."""
        self.go(f"/p/{product}/")
        self.page.get_by_role("button", name="Add to cart").click()
        if self.has_script:
            expect(self.page.locator("#toast")).to_contain_text("is in your cart")
        else:
            expect(self.page.get_by_role("heading", name="Your cart")).to_be_visible()

    def order(self) -> None:
        """Fill in the checkout and go on to the payment page."""
        self.go("/checkout/")
        for label, value in BUYER.items():
            self.page.get_by_label(label).first.fill(value)
        self.page.get_by_label("I accept").check()
        self.page.get_by_role("button", name="Order and pay").click()
        self.page.wait_for_url(lambda address: not address.startswith(self.shop))

    def pay(self) -> None:
        """Type the test card into the bank's page and come back."""
        self.page.get_by_label("Card number").fill("4242 4242 4242 4242")
        self.page.get_by_label("Expiry date").fill("12 / 34")
        self.page.get_by_label("Security code").fill("123")
        self.page.get_by_role("button", name="Pay").click()
        self.page.wait_for_url(f"{self.shop}/orders/**")

    @property
    def has_script(self) -> bool:
        """Whether this visitor's browser runs scripts, as its style sheet sees it."""
        return self.page.locator("[data-cart-link][aria-label]").count() > 0

    def _heard(self, message: ConsoleMessage) -> None:
        is_expected = "status of 404" in message.text or "status of 422" in message.text
        if message.type in {"error", "warning"} and not is_expected:
            self.complaints.append(f"{self.page.url}: {message.text}")


NewVisitor = Callable[..., Visitor]
