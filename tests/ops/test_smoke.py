import pytest

from bodega.ops import smoke

PAGE = """
<a href="/p/dawn/">Dawn</a> <a href="https://elsewhere.example/">other</a>
<form action="/search/" method="get"><input name="q" value="old"></form>
<form method="post" action="/checkout/">
  <input type="hidden" name="key" value="k1"><input name="email">
  <select name="country"><option value="AT">A</option><option value="DE" selected>D</option></select>
  <select name="first">
    <option disabled value="">choose</option><option value="1">1</option><option value="2">2</option>
  </select>
  <input type="radio" name="method" value="3"><input type="radio" name="method" value="4" checked>
  <input type="checkbox" name="terms"><textarea name="note"></textarea>
  <button name="update" value="1">Update</button><input type="submit" name="go" value="Pay">
</form>
"""


def test_links_and_forms_are_read_as_a_browser_reads_them() -> None:
    page = smoke.read_page("http://shop.test/c/blue/", PAGE)
    assert page.link("/p/") == "http://shop.test/p/dawn/"
    form = page.form("/checkout/")
    assert (form.method, form.action) == ("post", "http://shop.test/checkout/")
    assert form.fields == {
        "key": "k1",
        "email": "",
        "country": "DE",
        "first": "1",
        "method": "4",
        "note": "",
    }
    assert {"terms", "note", "email"} <= form.names


def test_a_missing_form_or_link_is_a_failure_that_names_the_page() -> None:
    page = smoke.read_page("http://shop.test/", PAGE)
    with pytest.raises(
        smoke.Failed, match=r"http://shop.test/: the page has no form .*/cart/lines/"
    ):
        page.form("/cart/lines/")
    with pytest.raises(smoke.Failed, match="no link with /nowhere/"):
        page.link("/nowhere/")


def test_the_card_is_typed_into_the_fields_the_payment_page_has() -> None:
    form = smoke.Form(
        "http://bank.test/pay", "post", {}, {"card_number", "exp_date", "cvc", "email"}
    )
    values = smoke.card_values(form)
    assert values == {"card_number": "4242 4242 4242 4242", "exp_date": "12 / 34", "cvc": "123"}


def test_errors_of_a_form_are_quoted() -> None:
    text = '<p class="error" id="e">Enter an <b>e-mail</b></p><p class="error">  No such\n country </p>'
    assert smoke.errors_of(text) == "Enter an; No such country"
    assert smoke.errors_of("<p>fine</p>") == "it named no error"


def test_the_failing_step_is_named() -> None:
    with pytest.raises(smoke.Failed, match=r"^cart: no such form"), smoke.step("cart"):
        raise smoke.Failed("no such form")


def test_a_shop_that_does_not_answer_is_a_failure_not_a_traceback() -> None:
    with pytest.raises(smoke.Failed, match=r"^home: http://127.0.0.1:9/"):
        smoke.buy_one_print("http://127.0.0.1:9")
