"""How an invoice and a credit note look."""

from typing import Any

from bodega.orders.papers.letterhead import HEAD, SMALL, TEXT, Content, Letterhead
from bodega.orders.papers.sheet import INK, LEFT, RIGHT, SOFT, Style, parts, wrapped
from bodega.orders.papers.words import Words

ARTICLE_WIDTH = 215.0
QUANTITY, EACH, TAX = 312.0, 396.0, 458.0  # right ends of the columns
SUMS = 330.0  # where the names of the sums begin
NET, TAX_SUM = 336.0, 438.0
TOTAL = Style(12, is_bold=True)
PADDING, TIGHT = 5.5, 3.0  # above and below a line; long orders are set closer
LONG = 15

Row = dict[str, Any]


def invoice(content: Content) -> bytes:
    """An invoice as PDF."""
    words = Words(content["language"], content["currency"])
    paper = Letterhead(content, f"{words('invoice')} {content['number']}")
    paper.open(content["buyer"], _invoice_facts(content, words))
    _Table(paper, has_prices=True).put(content["lines"])
    _sums(paper, _invoice_sums(content, words), (words("total"), content["total"]))
    _taxes(paper)
    _deliver_to(paper)
    _last_words(paper)
    return paper.printed()


def credit_note(content: Content) -> bytes:
    """A credit note as PDF."""
    words = Words(content["language"], content["currency"])
    paper = Letterhead(content, f"{words('credit_note')} {content['number']}")
    corrected = content["corrects"]
    of = words("corrects_of", number=corrected["number"], date=words.date(corrected["issued"]))
    facts = [
        (words("issued"), words.date(content["issued"])),
        (words("corrects"), of),
        (words("order"), content["order"]["number"]),
    ]
    paper.open(content["buyer"], facts)
    _Table(paper, has_prices=False).put(content["lines"])
    named = [(words("shipping"), content["shipping"]), (words("rest"), content["rest"])]
    sums = [(name, amount) for name, amount in named if amount]
    _sums(paper, sums, (words("credited"), content["total"]))
    _taxes(paper)
    _last_words(paper)
    return paper.printed()


def _invoice_facts(content: Content, words: Words) -> list[tuple[str, str]]:
    days = content["delivery_days"]
    delivery = words("pickup") if content["is_pickup"] else ""
    if days:
        delivery = words("delivery_days", days=days)
    facts = [
        (words("issued"), words.date(content["issued"])),
        (words("order"), content["order"]["number"]),
        (words("placed"), words.date(content["order"]["placed"])),
        (words("paid"), words.date(content["paid"])),
        (words("delivery"), delivery),
    ]
    return [(name, value) for name, value in facts if value]


def _invoice_sums(content: Content, words: Words) -> list[tuple[str, int]]:
    sums = [(words("goods"), content["subtotal"])]
    if content["discount"]:
        sums.append(
            (f"{words('discount')} {content['discount_code']}".strip(), -content["discount"])
        )
    if content["shipping_method"] or content["shipping"]:
        sums.append((content["shipping_method"] or words("shipping"), content["shipping"]))
    if not content["includes_tax"]:
        rows = [row for row in content["taxes"] if row["tax"]]
        sums += [(words.rate(row["name"], row["ppm"]), row["tax"]) for row in rows]
    return sums


class _Table:
    """The articles; its head is repeated on every page."""

    def __init__(self, paper: Letterhead, *, has_prices: bool) -> None:
        self.paper = paper
        self.sheet = paper.sheet
        self.has_prices = has_prices

    def put(self, lines: list[Row]) -> None:
        if not lines:
            self.sheet.y += 6
            self.sheet.rule(LEFT, RIGHT, self.sheet.y)
            return
        self._head()
        padding = PADDING if len(lines) <= LONG else TIGHT
        for line in lines:
            texts = self._texts(line)
            height = sum(style.leading for _, style in texts) + 2 * padding
            if not self.sheet.has_room(height):
                self.paper.go_on()
                self._head()
            self._row(line, texts, padding)
            self.sheet.y += height
            self.sheet.rule(LEFT, RIGHT, self.sheet.y)

    def _head(self) -> None:
        words, y = self.paper.words, self.sheet.y + 10
        self.sheet.text(LEFT, y, words("article"), HEAD)
        self.sheet.text(QUANTITY, y, words("quantity"), HEAD, is_right=True)
        if self.has_prices:
            self.sheet.text(EACH, y, words("each"), HEAD, is_right=True)
        self.sheet.text(TAX, y, words("tax"), HEAD, is_right=True)
        self.sheet.text(RIGHT, y, words("amount"), HEAD, is_right=True)
        self.sheet.rule(LEFT, RIGHT, y + 7, SOFT)
        self.sheet.y = y + 7

    def _texts(self, line: Row) -> list[tuple[str, Style]]:
        title = [(text, TEXT) for text in wrapped(line["title"], ARTICLE_WIDTH, TEXT)]
        about = parts(line["options"], line["sku"])
        return title + [(text, SMALL) for text in wrapped(about, ARTICLE_WIDTH, SMALL) if about]

    def _row(self, line: Row, texts: list[tuple[str, Style]], padding: float) -> None:
        sheet, words = self.sheet, self.paper.words
        first = y = sheet.y + padding + TEXT.size
        for text, style in texts:
            sheet.text(LEFT, y, text, style)
            y += style.leading
        amount = line["subtotal"] if self.has_prices else line["amount"]
        if line["quantity"]:
            sheet.text(QUANTITY, first, words.number(line["quantity"]), TEXT, is_right=True)
        if self.has_prices:
            sheet.text(EACH, first, words.money(line["unit_price"]), TEXT, is_right=True)
        sheet.text(TAX, first, words.rate("", line["tax_ppm"]), SMALL, is_right=True)
        sheet.text(RIGHT, first, words.money(amount), TEXT, is_right=True)


def _sums(paper: Letterhead, sums: list[tuple[str, int]], total: tuple[str, int]) -> None:
    """The sums and the total below them, never torn apart."""
    sheet, words = paper.sheet, paper.words
    if not sheet.has_room(len(sums) * 16 + 60):
        paper.go_on()
    y = sheet.y + 20
    for name, amount in sums:
        money = words.money(amount)
        for line in wrapped(name, RIGHT - SUMS - 80, TEXT):
            sheet.text(SUMS, y, line, TEXT)
            y += 16
        sheet.text(RIGHT, y - 16, money, TEXT, is_right=True)
    sheet.rule(SUMS, RIGHT, y - 5, SOFT)
    y += 13
    sheet.text(SUMS, y, total[0], TOTAL)
    sheet.text(RIGHT, y, words.money(total[1]), TOTAL, is_right=True)
    sheet.y = y + 22


def _taxes(paper: Letterhead) -> None:
    """What is taxed at which rate; one sentence where there is no tax at all."""
    sheet, words, content = paper.sheet, paper.words, paper.content
    if not content["tax"]:
        sheet.y += 12
        return paper.note(words("no_tax"))
    if not sheet.has_room(len(content["taxes"]) * 14 + 34):
        paper.go_on()
    y = sheet.y + 14
    columns = ((NET, "net"), (TAX_SUM, "tax"), (RIGHT, "gross"))
    sheet.text(LEFT, y, words("rate"), HEAD)
    for x, name in columns:
        sheet.text(x, y, words(name), HEAD, is_right=True)
    sheet.rule(LEFT, RIGHT, y + 6)
    style = Style(8.6, colour=INK)
    for row in content["taxes"]:
        y += 18 if row is content["taxes"][0] else 14
        sheet.text(LEFT, y, words.rate(row["name"], row["ppm"]), style)
        for x, amount in zip(
            (NET, TAX_SUM, RIGHT), (row["net"], row["tax"], row["net"] + row["tax"]), strict=True
        ):
            sheet.text(x, y, words.money(amount), style, is_right=True)
    sheet.y = y + 20
    return None


def _deliver_to(paper: Letterhead) -> None:
    place = paper.content["delivery"]
    if place is None:
        return
    lines = paper.words.address(place, home=paper.seller["country"])
    paper.sheet.y += 8
    paper.note(paper.words("delivered_to"), HEAD)
    paper.note(", ".join(lines), Style(8.6))


def _last_words(paper: Letterhead) -> None:
    """The merchant's own, at the end."""
    if paper.content["note"]:
        paper.sheet.y += 14
        paper.note(paper.content["note"])
