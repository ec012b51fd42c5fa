"""A paper in the making: A4 pages on which text and lines are put from top to bottom.

Distances are points (1/72 inch) from the top left corner, as people lay out a page; PDF counts from the
bottom. Pages are drawn only when all are known, because each says how many there are. The same content
makes the same bytes: no clock and no chance is in them.
"""

import io
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from reportlab import rl_config
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas

from bodega.orders.papers import typefaces

WIDTH, HEIGHT = A4
LEFT, RIGHT = 56.7, WIDTH - 56.7  # 20 mm
INK, SOFT, LINE, ACCENT = "#1d1b18", "#6b655d", "#d9d3c8", "#1f4d3f"

# Pages as bytes, not as letters for the mail systems of 1993: smaller, and a tenth less work.
rl_config.useA85 = 0

Drawing = Callable[[Canvas], None]


@dataclass(frozen=True, slots=True)
class Style:
    """How a text looks. `leading`: points from line to line."""

    size: float = 9.5
    is_bold: bool = False
    colour: str = INK

    @property
    def leading(self) -> float:
        return self.size * 1.42


@dataclass(frozen=True, slots=True)
class About:
    """What the file says about itself."""

    title: str
    author: str
    subject: str
    language: str


class Sheet:
    """The pages so far; `y` is where the next thing goes on the current one."""

    def __init__(self, about: About, bottom: float) -> None:
        """`bottom`: how far down things may go; below it is the footer's."""
        self._about = about
        self._pages: list[list[Drawing]] = [[]]
        self.bottom = bottom
        self.y = 0.0

    @property
    def pages(self) -> int:
        return len(self._pages)

    def new_page(self, y: float) -> None:
        """Go on at `y` of another page."""
        self._pages.append([])
        self.y = y

    def has_room(self, height: float) -> bool:
        return self.y + height <= self.bottom

    def text(self, x: float, y: float, text: str, style: Style, *, is_right: bool = False) -> None:
        """One line; `y` is its baseline, `x` its left end or, with `is_right`, its right end."""
        pieces = typefaces.runs(text, is_bold=style.is_bold)
        start = x - typefaces.width(text, style.size, is_bold=style.is_bold) if is_right else x

        def draw(canvas: Canvas) -> None:
            line = canvas.beginText(start, HEIGHT - y)
            line.setFillColor(_ink(style.colour))
            for font, piece in pieces:
                line.setFont(font, style.size)
                line.textOut(piece)
            canvas.drawText(line)

        self._pages[-1].append(draw)

    def column(self, x: float, y: float, lines: Iterable[str], style: Style) -> float:
        """Lines below each other; the baseline that would come next."""
        for line in lines:
            self.text(x, y, line, style)
            y += style.leading
        return y

    def rule(self, left: float, right: float, y: float, colour: str = LINE) -> None:
        """A fine line across."""

        def draw(canvas: Canvas) -> None:
            canvas.setStrokeColor(_ink(colour))
            canvas.setLineWidth(0.6)
            canvas.line(left, HEIGHT - y, right, HEIGHT - y)

        self._pages[-1].append(draw)

    def box(self, x: float, y: float, size: float) -> None:
        """An empty square to tick, its lower edge at `y`."""

        def draw(canvas: Canvas) -> None:
            canvas.setStrokeColor(_ink(SOFT))
            canvas.setLineWidth(0.8)
            canvas.rect(x, HEIGHT - y, size, size)

        self._pages[-1].append(draw)

    def barcode(self, right: float, y: float, text: str) -> None:
        """`text` as Code 128 (ISO/IEC 15417), its right end at `right`, its lower edge at `y`."""
        from reportlab.graphics.barcode.code128 import Code128  # two thirds of what reportlab loads

        bars = Code128(text, barHeight=26, barWidth=0.9, quiet=False)
        self._pages[-1].append(lambda canvas: bars.drawOn(canvas, right - bars.width, HEIGHT - y))

    def pdf(self, on_every_page: Callable[["Sheet", int, int], None]) -> bytes:
        """The file. `on_every_page` puts on what belongs on each: its number and how many there are."""
        count = len(self._pages)
        pages, self._pages = self._pages, []
        for number, drawings in enumerate(pages, 1):
            self._pages.append(drawings)
            on_every_page(self, number, count)
        return self._printed()

    def _printed(self) -> bytes:
        buffer = io.BytesIO()
        canvas = Canvas(
            buffer, pagesize=A4, invariant=1, pageCompression=1, lang=self._about.language
        )
        canvas.setTitle(self._about.title)
        canvas.setAuthor(self._about.author)
        canvas.setSubject(self._about.subject)
        canvas.setCreator("Bodega")
        for drawings in self._pages:
            for draw in drawings:
                draw(canvas)
            canvas.showPage()
        canvas.save()
        return buffer.getvalue()


def wrapped(text: str, width: float, style: Style) -> list[str]:
    """`text` in lines of at most `width` points; a word that is too long is cut."""
    lines: list[str] = []
    for paragraph in text.splitlines() or [""]:
        line = ""
        for word in paragraph.split(" "):
            longer = f"{line} {word}" if line else word
            if _fits(longer, width, style):
                line = longer
                continue
            if line:
                lines.append(line)
            *full, line = _cut(word, width, style)
            lines += full
        lines.append(line)
    return lines


@cache
def _ink(colour: str) -> Color:
    return HexColor(colour)


def _fits(text: str, width: float, style: Style) -> bool:
    return typefaces.width(text, style.size, is_bold=style.is_bold) <= width


def _cut(word: str, width: float, style: Style) -> list[str]:
    """A word in pieces that fit."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and not _fits(pieces[-1] + letter, width, style):
            pieces.append("")
        pieces[-1] += letter
    return pieces


def parts(*texts: Any) -> str:
    """What is not empty, with dots in between."""
    return " · ".join(str(text) for text in texts if text)
