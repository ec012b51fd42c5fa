"""One purchase over HTTP, as a browser without JavaScript makes it: pages, links and forms only."""

import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from http.cookiejar import CookieJar

CARD = {"number": "4242 4242 4242 4242", "exp": "12 / 34", "cvc": "123"}
BUYER = {
    "email": "smoke@example.com",
    "name": "Sam Smoke",
    "street": "Hauptstraße 1",
    "postcode": "10115",
    "city": "Berlin",
    "country": "DE",
    "terms": "on",
}
PAID_WITHIN = 30.0  # seconds between paying and the page that says so


class Failed(RuntimeError):
    """The purchase broke off; the message names the step, the address and what was wrong."""


@dataclass
class Form:
    """A form of a page: where it goes and what is filled in already."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)
    names: set[str] = field(default_factory=set)


@dataclass
class Page:
    """What the server answered."""

    url: str
    text: str
    forms: list[Form]
    links: list[str]

    def form(self, ending: str) -> Form:
        """The first form whose address ends so. Raises Failed when there is none."""
        for form in self.forms:
            if urllib.parse.urlsplit(form.action).path.endswith(ending):
                return form
        raise Failed(f"{self.url}: the page has no form that goes to …{ending}")

    def link(self, part: str) -> str:
        """The first link whose address contains `part`. Raises Failed when there is none."""
        for link in self.links:
            if part in link:
                return link
        raise Failed(f"{self.url}: the page has no link with {part}")


class Browser:
    """Follows links and sends forms; keeps cookies; sends the headers that browsers send."""

    def __init__(self) -> None:
        cookies = urllib.request.HTTPCookieProcessor(CookieJar())
        self._opener = urllib.request.build_opener(cookies)

    def get(self, url: str) -> Page:
        return self._open(urllib.request.Request(url))  # noqa: S310 - the caller's http address

    def send(self, form: Form, values: dict[str, str] | None = None) -> Page:
        """Submit a form with some values typed into it."""
        data = urllib.parse.urlencode({**form.fields, **(values or {})})
        if form.method == "get":
            return self.get(f"{form.action}?{data}")
        parts = urllib.parse.urlsplit(form.action)
        headers = {"Origin": f"{parts.scheme}://{parts.netloc}", "Sec-Fetch-Site": "same-origin"}
        return self._open(urllib.request.Request(form.action, data.encode(), headers))  # noqa: S310 - as above

    def _open(self, request: urllib.request.Request) -> Page:
        try:
            with self._opener.open(request, timeout=30) as answer:
                text = answer.read().decode("utf-8", "replace")
                return read_page(answer.url, text)
        except urllib.error.HTTPError as error:
            body = " ".join(error.read().decode("utf-8", "replace").split())[:300]
            raise Failed(f"{request.full_url}: answered {error.code}: {body}") from error
        except OSError as error:
            raise Failed(f"{request.full_url}: {error}") from error


def buy_one_print(shop: str) -> str:
    """Home → search → product → cart → checkout → payment page → paid. Returns the order's number.

    Raises Failed with the step at which the purchase broke off.
    """
    browser = Browser()
    with step("home"):
        home = browser.get(f"{shop}/")
    with step("search"):
        found = browser.send(home.form("/search/"), {"q": "blue"})
    with step("product"):
        product = browser.get(found.link("/p/"))
    with step("cart"):
        cart = browser.send(product.form("/cart/lines/"), {"quantity": "1"})
    with step("checkout"):
        checkout = browser.get(cart.link("/checkout/"))
        payment = fill_in(browser, checkout)
    with step("payment page"):
        form = payment.forms[0] if payment.forms else payment.form("/pay")
        order = browser.send(form, card_values(form))
    with step("paid order"):
        return until_paid(browser, order)


def fill_in(browser: Browser, page: Page) -> Page:
    """Send the checkout form; once more when it first asks for the shipping method of the country."""
    form = page.form("/checkout/")
    answer = browser.send(form, {**BUYER, "terms": "on"})
    if urllib.parse.urlsplit(answer.url).path.endswith("/checkout/"):
        answer = browser.send(answer.form("/checkout/"), {**BUYER, "terms": "on"})
    if urllib.parse.urlsplit(answer.url).path.endswith("/checkout/"):
        raise Failed(f"{answer.url}: the checkout form came back: {errors_of(answer.text)}")
    return answer


def card_values(form: Form) -> dict[str, str]:
    """The test card in the payment page's own field names."""
    return {
        name: value
        for name in form.names
        for key, value in CARD.items()
        if key in name.lower() or (key == "number" and name.lower() == "card")
    }


def until_paid(browser: Browser, page: Page) -> str:
    """Reload the order's page, as its refresh does without JavaScript, until it says paid."""
    end = time.monotonic() + PAID_WITHIN
    while 'data-status="paid"' not in page.text:
        if time.monotonic() > end:
            raise Failed(f"{page.url}: not paid after {PAID_WITHIN:.0f} s")
        time.sleep(0.2)
        page = browser.get(page.url)
    marker = 'data-order="'
    begin = page.text.index(marker) + len(marker)
    return page.text[begin : page.text.index('"', begin)]


@contextmanager
def step(name: str) -> Iterator[None]:
    """Put the step's name in front of what went wrong in it."""
    try:
        yield
    except Failed as failure:
        raise Failed(f"{name}: {failure}") from failure.__cause__


def errors_of(text: str) -> str:
    """The error texts of a page, for the message."""
    pieces = text.split('class="error')[1:]
    found = [" ".join(piece.split(">", 1)[1].split("<", 1)[0].split()) for piece in pieces]
    return "; ".join(dict.fromkeys(filter(None, found))) or "it named no error"


def read_page(url: str, text: str) -> Page:
    """Links and forms of an HTML page, addresses made absolute."""
    reader = _Reader(url)
    reader.feed(text)
    return Page(url, text, reader.forms, reader.links)


class _Reader(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.url = url
        self.forms: list[Form] = []
        self.links: list[str] = []
        self._open: Form | None = None
        self._select: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "a" and "href" in values:
            self.links.append(urllib.parse.urljoin(self.url, values["href"]))
        elif tag == "form":
            action = urllib.parse.urljoin(self.url, values.get("action") or self.url)
            self._open = Form(action, values.get("method", "get").lower())
            self.forms.append(self._open)
        elif self._open is not None:
            self._field(self._open, tag, values)

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self._open = None
        elif tag == "select":
            self._select = None

    def _field(self, form: Form, tag: str, values: dict[str, str]) -> None:
        name = values.get("name", "")
        if tag == "select":
            self._select = name
            form.names.add(name)
        elif tag == "option" and self._select and "disabled" not in values:
            if "selected" in values or self._select not in form.fields:
                form.fields[self._select] = values.get("value", "")
        elif tag == "textarea" and name:
            form.names.add(name)
            form.fields.setdefault(name, "")
        elif tag == "input" and name:
            form.names.add(name)
            kind = values.get("type", "text")
            if kind in {"radio", "checkbox"} and "checked" not in values:
                return
            if kind not in {"submit", "button", "image", "file"}:
                form.fields[name] = values.get("value", "on" if kind == "checkbox" else "")
