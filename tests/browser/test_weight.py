"""What a product page weighs on the wire, compressed, before pictures."""

from tests.browser.visitor import NewVisitor

BUDGET = 60_000  # bytes of HTML, CSS and script
TEXT = {"document", "stylesheet", "script"}


def test_html_css_and_script_of_a_product_page_fit_the_budget(new_visitor: NewVisitor) -> None:
    guest = new_visitor()
    weights: dict[str, int] = {}

    def weigh(response: object) -> None:
        request = response.request  # type: ignore[attr-defined]  # Playwright's Response
        if request.resource_type in TEXT:
            weights[request.url] = request.sizes()["responseBodySize"]

    guest.page.on("requestfinished", lambda request: weigh(request.response()))
    guest.go("/p/blue-hour/")
    assert len(weights) == 3, weights
    assert 5_000 < sum(weights.values()) <= BUDGET, weights
