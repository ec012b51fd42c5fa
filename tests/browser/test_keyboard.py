"""Everything can be done with the keyboard, and one always sees where one is."""

import re

from playwright.sync_api import expect

from tests.browser.visitor import NewVisitor

# Whether the focused element, or something around it, has an outline.
OUTLINED = """() => {
  for (let e = document.activeElement; e && e !== document.body; e = e.parentElement) {
    const { outlineStyle, outlineWidth } = getComputedStyle(e);
    if (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) return true;
  }
  return false;
}"""


def test_the_first_stop_leads_past_the_header(new_visitor: NewVisitor) -> None:
    guest = new_visitor()
    page = guest.go("/c/nature/")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("#main")).to_be_focused()


def test_suggestions_are_chosen_with_arrows_and_enter(new_visitor: NewVisitor) -> None:
    guest = new_visitor()
    page = guest.go("/")
    box = page.get_by_role("combobox")
    box.focus()
    page.keyboard.type("blu")
    expect(page.get_by_role("option").first).to_be_visible()
    expect(box).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowDown")
    chosen = page.get_by_role("option", selected=True)
    expect(chosen).to_contain_text("Blue Hour")
    expect(box).to_have_attribute("aria-activedescendant", chosen.get_attribute("id") or "none")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/p/blue-hour/"))


def test_escape_closes_the_suggestions_and_keeps_the_words(new_visitor: NewVisitor) -> None:
    guest = new_visitor()
    page = guest.go("/")
    page.get_by_role("combobox").focus()
    page.keyboard.type("blu")
    expect(page.get_by_role("option").first).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("option")).to_have_count(0)
    expect(page.get_by_role("combobox")).to_have_value("blu")


def test_options_and_the_cart_work_without_a_mouse(new_visitor: NewVisitor) -> None:
    guest = new_visitor()
    page = guest.go("/p/siesta/")
    page.get_by_role("link", name="Oak frame", exact=True).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#buy .price")).to_have_text("€56.00")
    expect(page.get_by_role("link", name="Oak frame", exact=True)).to_be_focused()
    expect(page.locator("#whisper")).to_contain_text("€56.00")
    page.get_by_role("button", name="Add to cart").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#toast")).to_contain_text("Siesta")
    expect(page.get_by_role("button", name="Add to cart")).to_be_focused()


def test_the_focus_is_always_to_be_seen(new_visitor: NewVisitor) -> None:
    guest = new_visitor()
    page = guest.go("/p/blue-hour/")
    unseen = []
    for _ in range(30):
        page.keyboard.press("Tab")
        if not page.evaluate(OUTLINED):
            unseen.append(page.evaluate("document.activeElement.outerHTML.slice(0, 120)"))
    assert unseen == []
    page.evaluate("document.activeElement.style.outline = 'none'")
    assert not page.evaluate(OUTLINED)
