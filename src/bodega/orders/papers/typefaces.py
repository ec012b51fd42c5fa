"""The letters of our papers: Noto Sans for Latin, Greek and Cyrillic, Adobe's fonts for East Asia.

Noto is in the package (a subset) and is embedded in every PDF. Chinese, Japanese and Korean would need
megabytes; the PDF names a font that readers bring along (ISO 32000-1, 9.7.5.2). Scripts that must be
shaped or run from right to left (Arabic, Hebrew, Thai) are not covered: a sign stands for each letter,
and the order page in the back office shows the name as it is.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache, lru_cache
from importlib.resources import files
from itertools import groupby

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfbase.ttfonts import TTFont

REGULAR, BOLD = "NotoSans-Regular", "NotoSans-SemiBold"
KOREAN, JAPANESE, CHINESE = "HYSMyeongJo-Medium", "HeiseiKakuGo-W5", "STSong-Light"
MISSING = "\ufffd"
# Noto Sans keeps the minus sign in another font; Babel's yen is as wide as a Chinese letter.
STAND_INS = {"\u2212": "–", "\uffe5": "¥", "\uffe6": "₩", "\t": " "}
# First and last letter of the blocks that Adobe's fonts draw (Unicode 15, Blocks.txt).
HANGUL = (("\u1100", "\u11ff"), ("\u3130", "\u318f"), ("\uac00", "\ud7af"))
KANA = (("\u3040", "\u30ff"), ("\uff65", "\uff9f"))
HAN = (("\u3000", "\u303f"), ("\u4e00", "\u9fff"), ("\uff01", "\uff60"))


KEPT_TEXTS = 4_096  # labels and amounts come again and again; 200 bytes each


@lru_cache(maxsize=KEPT_TEXTS)
def runs(text: str, *, is_bold: bool) -> Sequence[tuple[str, str]]:
    """`text` in pieces of one font each: (font, piece)."""
    letters = unicodedata.normalize("NFC", text)
    usual = BOLD if is_bold else REGULAR
    if _letters(usual).issuperset(map(ord, letters)):
        return [(usual, letters)] if letters else []
    has_kana = any(_within(letter, KANA) for letter in letters)
    chosen = [_font(STAND_INS.get(each, each), usual, has_kana) for each in letters]
    together = groupby(chosen, key=lambda pair: pair[0])
    return [(font, "".join(letter for _, letter in pieces)) for font, pieces in together]


@lru_cache(maxsize=KEPT_TEXTS)
def width(text: str, size: float, *, is_bold: bool) -> float:
    """How wide a text is, in points."""
    pieces = runs(text, is_bold=is_bold)
    return float(sum(pdfmetrics.stringWidth(piece, font, size) for font, piece in pieces))


def _font(letter: str, usual: str, has_kana: bool) -> tuple[str, str]:
    if ord(letter) in _letters(usual):
        return usual, letter
    for font, blocks in ((KOREAN, HANGUL), (JAPANESE, KANA)):
        if _within(letter, blocks):
            return _east_asian(font), letter
    if _within(letter, HAN):
        return _east_asian(JAPANESE if has_kana else CHINESE), letter
    return usual, "" if unicodedata.category(letter) in ("Cc", "Cf") else MISSING


def _within(letter: str, blocks: tuple[tuple[str, str], ...]) -> bool:
    return any(first <= letter <= last for first, last in blocks)


@cache
def _letters(font: str) -> frozenset[int]:
    """The letters of a font of ours, which is made known at the first question."""
    with (files(__package__) / "fonts" / f"{font}.ttf").open("rb") as file:
        face = TTFont(font, file)
    pdfmetrics.registerFont(face)
    return frozenset(face.face.charToGlyph)


@cache
def _east_asian(font: str) -> str:
    pdfmetrics.registerFont(UnicodeCIDFont(font))
    return font
