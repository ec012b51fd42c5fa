"""Guests buy a print, from the front door to "thank you"."""

import re

from playwright.sync_api import expect

from tests.browser.visitor import NewVisitor


def test_a_guest_with_a_script_buys_and_the_waiting_page_turns_to_paid(
    new_visitor: NewVisitor,
) -> None:
    guest = new_visitor()
    guest.go("/")
    guest.page.get_by_role("link", name="Blue Hour").first.click()
    guest.page.get_by_role("link", name="Oak frame", exact=True).click()
    expect(guest.page.locator("#buy .price")).to_have_text("€61.00")
    guest.page.get_by_role("button", name="Add to cart").click()
    expect(guest.page.locator("[data-cart-count]")).to_have_text("1")
    guest.order()
    guest.pay()
    expect(guest.page.get_by_role("heading", level=1)).to_have_text("Thank you for your order")
    expect(guest.page.locator("[data-status]")).to_have_attribute("data-status", "paid")
    expect(guest.page.locator("[data-cart-count]")).to_be_hidden()


def test_a_guest_without_a_script_buys_too(new_visitor: NewVisitor) -> None:
    guest = new_visitor(java_script_enabled=False)
    guest.go("/search/?q=siesta")
    guest.page.get_by_role("link", name="Siesta").click()
    guest.page.get_by_role("link", name="Black frame", exact=True).click()
    guest.page.get_by_role("button", name="Add to cart").click()
    expect(guest.page.get_by_role("heading", name="Your cart")).to_be_visible()
    guest.page.get_by_role("link", name="Go to checkout").click()
    guest.order()
    guest.pay()
    expect(guest.page.get_by_role("heading", level=1)).to_have_text("Thank you for your order")


def test_the_country_changes_shipping_and_total_without_losing_what_was_typed(
    new_visitor: NewVisitor,
) -> None:
    guest = new_visitor()
    guest.add("fern-study")
    guest.go("/checkout/")
    total = guest.page.locator("[data-total]")
    expect(total).to_have_text("€23.90")
    guest.page.get_by_label("E-mail address").fill("kim@example.com")
    guest.page.get_by_label("Country").first.select_option("AT")
    expect(total).to_have_text("€28.90")
    expect(guest.page.get_by_label("E-mail address")).to_have_value("kim@example.com")
    guest.page.get_by_label("Full name").first.fill("Kim Beispiel")
    guest.page.get_by_label("Discount code").fill("welcome10")
    guest.page.get_by_role("button", name="Apply").click()
    expect(total).to_have_text("€27.00")


def test_what_is_typed_while_the_shop_answers_is_kept(new_visitor: NewVisitor) -> None:
    guest = new_visitor()
    guest.add("fern-study")
    page = guest.go("/checkout/")
    with page.expect_response(lambda answer: answer.request.method == "POST"):
        page.evaluate(
            """() => {
              const country = document.querySelector("#id_country");
              country.value = "AT";
              country.dispatchEvent(new Event("change", { bubbles: true }));
              document.querySelector("#id_email").value = "late@example.com";
              document.querySelector("#id_terms").checked = true;
            }"""
        )
    expect(page.locator("[data-total]")).to_have_text("€28.90")
    expect(page.get_by_label("E-mail address")).to_have_value("late@example.com")
    expect(page.get_by_label("I accept")).to_be_checked()


def test_a_refused_checkout_says_beside_the_field_what_is_wrong(new_visitor: NewVisitor) -> None:
    guest = new_visitor()
    guest.add("fern-study")
    guest.go("/checkout/")
    guest.page.get_by_label("E-mail address").fill("nonsense")
    guest.page.get_by_role("button", name="Order and pay").click()
    field = guest.page.get_by_label("E-mail address")
    expect(field).to_have_attribute("aria-invalid", "true")
    told = guest.page.locator(f"#{(field.get_attribute('aria-describedby') or '').split()[-1]}")
    expect(told).to_contain_text(re.compile("e-?mail", re.IGNORECASE))
    expect(guest.page.locator("[data-focus]")).to_be_focused()


def test_a_quantity_applies_itself_in_the_cart(new_visitor: NewVisitor) -> None:
    guest = new_visitor()
    guest.add("quarter-past")
    guest.go("/cart/")
    guest.page.get_by_label("Quantity").fill("3")
    guest.page.get_by_label("Quantity").press("Tab")
    expect(guest.page.locator(".totals .total dd")).to_have_text("€76.90")
    expect(guest.page.locator("[data-cart-count]")).to_have_text("3")
    guest.page.get_by_role("button", name="Remove").click()
    expect(guest.page.get_by_text("There is nothing in it yet.")).to_be_visible()
    expect(guest.page.locator("[data-cart-count]")).to_be_hidden()


def test_a_chosen_filter_narrows_the_listing_in_place(new_visitor: NewVisitor) -> None:
    guest = new_visitor()
    guest.go("/c/nature/")
    expect(guest.page.locator("#results")).to_have_text("9 products")
    guest.page.locator("summary", has_text="Colour").click()
    guest.page.get_by_label("Green").check()
    expect(guest.page.locator("#results")).to_have_text("3 products")
    expect(guest.page).to_have_url(re.compile("filter=colour"))
    expect(guest.page.get_by_label("Green")).to_be_focused()
    guest.page.keyboard.press("Escape")
    expect(guest.page.locator("summary", has_text="Colour")).to_be_focused()
    guest.page.get_by_role("link", name="Clear all").click()
    expect(guest.page.locator("#results")).to_have_text("9 products")
