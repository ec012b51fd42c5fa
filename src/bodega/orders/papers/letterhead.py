"""What all papers share: whose they are, to whom, the facts beside it, and the foot of each page.

The address stands where the window of an envelope is (DIN 5008, form B: 45 mm from the top).
"""

from collections.abc import Sequence
from typing import Any

from bodega.orders.papers.sheet import (
    ACCENT,
    HEIGHT,
    LEFT,
    RIGHT,
    SOFT,
    About,
    Sheet,
    Style,
    parts,
    wrapped,
)
from bodega.orders.papers.words import Words

BOTTOM = HEIGHT - 110  # below it is the footer's
BRAND = Style(15, is_bold=True, colour=ACCENT)
TITLE = Style(19, is_bold=True)
TEXT = Style(9.5)
STRONG = Style(9.5, is_bold=True)
SMALL = Style(8.2, colour=SOFT)
TINY = Style(7.2, colour=SOFT)
HEAD = Style(7.8, colour=SOFT)
WINDOW = 148.0  # where the address begins
FACTS = 335.0
ON_LATER_PAGES = 84.0
ADDRESS_WIDTH = 235.0

Content = dict[str, Any]


class Letterhead:
    """A paper's frame. `content` is what it says; `title` is what it is called."""

    def __init__(self, content: Content, title: str) -> None:
        self.content = content
        self.title = title
        self.seller: dict[str, str] = content["seller"]
        self.words = Words(content["language"], content["currency"])
        about = About(title, self.seller["name"], content["order"]["number"], content["language"])
        self.sheet = Sheet(about, BOTTOM)

    def open(self, address: dict[str, str] | None, facts: Sequence[tuple[str, str]]) -> None:
        """The top of the first page: brand, address, facts, title."""
        sheet = self.sheet
        sheet.text(LEFT, 62, self.seller["shop"], BRAND)
        sender = parts(self.seller["name"], self.seller["street"], self._town())
        sheet.text(LEFT, WINDOW - 14, wrapped(sender, ADDRESS_WIDTH, TINY)[0], TINY)
        lines = self.words.address(address, home=self.seller["country"]) if address else []
        fitting = [piece for line in lines for piece in wrapped(line, ADDRESS_WIDTH, TEXT)]
        address_end = sheet.column(LEFT, WINDOW + 2, fitting, TEXT)
        facts_end = self._facts(WINDOW - 14, facts)
        sheet.y = max(address_end, facts_end, 236) + 24
        for line in wrapped(self.title, RIGHT - LEFT, TITLE):
            sheet.text(LEFT, sheet.y, line, TITLE)
            sheet.y += TITLE.leading

    def go_on(self) -> None:
        """A further page, which says what it belongs to."""
        self.sheet.new_page(ON_LATER_PAGES)
        self.sheet.text(LEFT, 56, self.seller["shop"], Style(10, is_bold=True, colour=ACCENT))
        told = f"{self.title}, {self.words('continued')}"
        self.sheet.text(RIGHT, 56, told, SMALL, is_right=True)

    def note(self, text: str, style: Style = SMALL) -> None:
        """A paragraph, on the next page when it does not fit."""
        for line in wrapped(text, RIGHT - LEFT, style):
            if not self.sheet.has_room(style.leading):
                self.go_on()
            self.sheet.text(LEFT, self.sheet.y, line, style)
            self.sheet.y += style.leading

    def printed(self) -> bytes:
        """The PDF."""
        return self.sheet.pdf(self._foot)

    def _facts(self, y: float, facts: Sequence[tuple[str, str]]) -> float:
        for name, value in facts:
            self.sheet.text(FACTS, y, name, SMALL)
            room = RIGHT - FACTS - 82
            for line in wrapped(value, room, TEXT):
                self.sheet.text(RIGHT, y, line, TEXT, is_right=True)
                y += 15
        return y

    def _town(self) -> str:
        return f"{self.seller['postcode']} {self.seller['city']}".strip()

    def _foot(self, sheet: Sheet, page: int, pages: int) -> None:
        words, seller = self.words, self.seller
        top = HEIGHT - 82
        sheet.rule(LEFT, RIGHT, top)
        country = words.country(seller["country"])
        columns = (
            (LEFT, (seller["name"], seller["street"], parts(self._town(), country))),
            (LEFT + 195, (seller["email"], seller["phone"])),
            (
                LEFT + 340,
                (
                    f"{words('vat_id')} {seller['vat_id']}" if seller["vat_id"] else "",
                    f"{words('tax_number')} {seller['tax_number']}" if seller["tax_number"] else "",
                ),
            ),
        )
        for x, lines in columns:
            sheet.column(x, top + 14, [line for line in lines if line], TINY)
        told = words("page", page=page, pages=pages)
        sheet.text(RIGHT, HEIGHT - 30, told, TINY, is_right=True)
        if self.content["is_demo"]:
            sheet.text(LEFT, HEIGHT - 30, words("demo"), TINY)
