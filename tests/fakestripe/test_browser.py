"""The payment page in a real Chromium: accessible in light and dark, usable without JavaScript."""

import shutil
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, sync_playwright

from fakestripe.testing import Handle
from tests.fakestripe.conftest import OpenSession

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        path = shutil.which("chromium")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


def violations(page: Page) -> list[str]:
    return [found["id"] for found in Axe().run(page).response["violations"]]


def type_card(page: Page, number: str) -> None:
    page.get_by_label("Card number").fill(number)
    page.get_by_label("Expiry date").fill("12/34")
    page.get_by_label("Security code").fill("123")
    page.get_by_role("button", name="Pay €25.00").click()


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 360)])
def test_every_page_is_accessible(
    chromium: Browser, open_session: OpenSession, fake: Handle, scheme: str, width: int
) -> None:
    paid, session = open_session(), open_session(customer_email=None)
    fake.pay(paid.id)
    context = chromium.new_context(
        color_scheme="dark" if scheme == "dark" else "light",
        viewport={"width": width, "height": 800},
    )
    page = context.new_page()
    found = {}
    for name, path in [
        ("form", session.id),
        ("debit", f"{session.id}?with=sepa_debit"),
        ("paid", paid.id),
        ("unknown", "cs_test_none"),
    ]:
        page.goto(f"{fake.base_url}/c/pay/{path}")
        found[name] = violations(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), name
    page.goto(str(session.url))
    page.get_by_label("E-mail").fill("ada@example.com")
    type_card(page, "4000000000000002")
    found["declined"] = violations(page)
    type_card(page, "4000002500003155")
    found["3-D Secure"] = violations(page)
    context.close()
    assert {name: ids for name, ids in found.items() if ids} == {}


def test_the_accessibility_check_sees_a_missing_label(
    chromium: Browser, open_session: OpenSession
) -> None:
    page = chromium.new_page()
    page.goto(str(open_session(customer_email=None).url))
    page.evaluate("for (const label of document.querySelectorAll('label')) label.remove()")
    page.evaluate("for (const input of document.querySelectorAll('input')) input.placeholder = ''")
    assert "label" in violations(page)
    page.close()


def test_without_javascript_one_fails_once_and_pays(
    chromium: Browser, open_session: OpenSession, fake: Handle
) -> None:
    back = f"{fake.base_url}/?thanks={{CHECKOUT_SESSION_ID}}"
    session = open_session(success_url=back)
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(str(session.url))
    type_card(page, "4000 0000 0000 9995")
    assert page.get_by_label("Card number").get_attribute("aria-invalid") == "true"
    assert "insufficient funds" in page.locator("#card-error").inner_text()
    type_card(page, "4000 0027 6000 3184")
    page.get_by_role("button", name="Complete").click()
    page.wait_for_url(f"{fake.base_url}/?thanks={session.id}")
    context.close()
    assert [entry["session"] for entry in fake.ledger()] == [session.id]
