"""How a packing slip looks: what goes into the parcel and to whom. No prices."""

from typing import Any

from bodega.orders.papers.letterhead import HEAD, SMALL, STRONG, TEXT, Content, Letterhead
from bodega.orders.papers.sheet import LEFT, RIGHT, SOFT, Style, parts, wrapped
from bodega.orders.papers.words import Words

TICK = 9.0
ARTICLE = LEFT + 66
ARTICLE_WIDTH = 225.0
CODE = 365.0
CODE_WIDTH = RIGHT - CODE


def packing_slip(content: Content) -> bytes:
    """A packing slip as PDF."""
    words = Words(content["language"], content["currency"])
    paper = Letterhead(content, f"{words('packing_slip')} {content['order']['number']}")
    paper.sheet.barcode(RIGHT, 66, content["order"]["number"])
    paper.open(content["address"], _facts(content, words))
    _head(paper)
    for line in content["lines"]:
        _row(paper, line)
    pieces = sum(line["quantity"] for line in content["lines"])
    paper.sheet.y += 20
    paper.note(f"{words('pieces')}: {words.number(pieces)}", STRONG)
    if content["customers_note"]:
        paper.sheet.y += 14
        paper.note(words("customers_note"), HEAD)
        paper.note(content["customers_note"], TEXT)
    return paper.printed()


def _facts(content: Content, words: Words) -> list[tuple[str, str]]:
    facts = [
        (words("order"), content["order"]["number"]),
        (words("placed"), words.date(content["order"]["placed"])),
        (words("shipped"), words.date(content["shipped"]) if content["shipped"] else ""),
        (words("shipping"), content["shipping_method"]),
        ("", words("parcel", n=content["parcel"]) if content["parcel"] else ""),
    ]
    return [(name, value) for name, value in facts if value]


def _head(paper: Letterhead) -> None:
    words, sheet = paper.words, paper.sheet
    y = sheet.y + 10
    sheet.text(ARTICLE - 14, y, words("quantity"), HEAD, is_right=True)
    sheet.text(ARTICLE, y, words("article"), HEAD)
    sheet.text(CODE, y, parts(words("sku"), words("barcode")), HEAD)
    sheet.rule(LEFT, RIGHT, y + 7, SOFT)
    sheet.y = y + 7


def _row(paper: Letterhead, line: dict[str, Any]) -> None:
    """A box to tick, how many, what, and the codes to find it by."""
    article = [(text, TEXT) for text in wrapped(line["title"], ARTICLE_WIDTH, STRONG)]
    article += [(t, SMALL) for t in wrapped(line["options"], ARTICLE_WIDTH, SMALL) if t]
    codes = [(text, TEXT) for text in wrapped(line["sku"], CODE_WIDTH, TEXT)]
    codes += [(text, SMALL) for text in wrapped(line["barcode"], CODE_WIDTH, SMALL) if text]
    height = max(_height(article), _height(codes)) + 16
    if not paper.sheet.has_room(height):
        paper.go_on()
        _head(paper)
    y = paper.sheet.y + 8 + TEXT.size
    paper.sheet.box(LEFT, y, TICK)
    count = paper.words.number(line["quantity"])
    paper.sheet.text(ARTICLE - 14, y, count, Style(11, is_bold=True), is_right=True)
    for x, texts in ((ARTICLE, article), (CODE, codes)):
        _stack(paper, x, y, texts)
    paper.sheet.y += height
    paper.sheet.rule(LEFT, RIGHT, paper.sheet.y)


def _height(texts: list[tuple[str, Style]]) -> float:
    return sum(style.leading for _, style in texts)


def _stack(paper: Letterhead, x: float, y: float, texts: list[tuple[str, Style]]) -> None:
    for text, style in texts:
        paper.sheet.text(x, y, text, style)
        y += style.leading
