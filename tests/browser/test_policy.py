"""The Content-Security-Policy holds, and our own pages never run into it."""

from tests.browser.visitor import NewVisitor

INJECTION = """() => {
  const script = document.createElement("script");
  script.text = "window.evil = 1";
  document.body.append(script);
}"""


def test_an_injected_script_does_not_run_and_is_noticed(new_visitor: NewVisitor) -> None:
    guest = new_visitor()
    guest.go("/")
    guest.page.evaluate(INJECTION)
    assert guest.page.evaluate("window.evil") is None
    assert any("Content Security Policy" in complaint for complaint in guest.complaints)
    guest.complaints.clear()


def test_nothing_is_fetched_from_anywhere_else(new_visitor: NewVisitor) -> None:
    guest = new_visitor()
    asked: list[str] = []
    guest.page.on("request", lambda request: asked.append(request.url))
    for path in ("/", "/c/lines/", "/p/shoal/", "/cart/"):
        guest.go(path)
    assert len(asked) > 20
    assert {url for url in asked if not url.startswith((guest.shop, "data:"))} == set()


def test_a_page_of_the_catalogue_sets_no_cookie(new_visitor: NewVisitor) -> None:
    guest = new_visitor()
    for path in ("/", "/c/lines/", "/p/shoal/", "/search/?q=blue", "/pages/imprint/"):
        guest.go(path)
    assert guest.page.context.cookies() == []
    guest.add("shoal")
    assert {cookie["name"] for cookie in guest.page.context.cookies()} == {"cart", "cart_count"}
