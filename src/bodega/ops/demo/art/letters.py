"""An alphabet that nobody can read."""

import math
from random import Random

from bodega.ops.demo.art.canvas import Palette, Point, Sheet, mix, smooth

Stroke = list[Point]  # in a cell one unit wide, 1.5 high, the baseline at 1.2


def alphabet(random: Random, count: int = 40) -> list[list[Stroke]]:
    """So many signs of two to four strokes each."""
    return [[_stroke(random) for _ in range(random.choice((2, 2, 3, 3, 4)))] for _ in range(count)]


def _stroke(random: Random) -> Stroke:
    x, y = random.choice((0.15, 0.5, 0.85)), random.choice((0.2, 0.7, 1.2))
    kind = random.randrange(5)
    if kind == 0:
        return [(x, 0.0 if random.random() < 0.4 else 0.2), (x, 1.2)]
    if kind == 1:
        return [(0.15, y), (0.85, y)]
    if kind == 2:
        return [(0.15, 1.2), (0.85, 0.2)] if random.random() < 0.5 else [(0.15, 0.2), (0.85, 1.2)]
    radius = 0.35
    start, sweep = random.choice((0, 90, 180, 270)), random.choice((180, 180, 270, 360))
    centre = random.choice((0.55, 0.85))
    return [
        (0.5 + radius * math.cos(math.radians(a)), centre + radius * math.sin(math.radians(a)))
        for a in range(start, start + sweep + 1, 12)
    ]


def write(
    sheet: Sheet, sign: list[Stroke], x: float, y: float, size: float, ink: str, width: float
) -> None:
    """One sign, its cell's upper left corner at (x, y), `size` units wide."""
    for stroke in sign:
        points = [(x + px * size, y + py * size) for px, py in stroke]
        sheet.line(smooth(points, 3, closed=False) if len(points) > 2 else points, ink, width)


def letter(sheet: Sheet, random: Random, palette: Palette) -> None:
    """A page: a large red initial, two dozen lines, a signature."""
    w, h = sheet.width, sheet.height
    signs = alphabet(random)
    left, right, size, lead = w * 0.15, w * 0.85, 14.0, 31.0
    y = h * 0.13
    write(sheet, signs[7], left, y - 4, 58, palette.colours[3], 7)
    row = 0
    while y < h * 0.78:
        x = left + (84 if row < 3 else 0)
        end = right - random.uniform(0, 60) if row % 6 != 5 else left + (right - left) * 0.45
        while x < end:
            for _ in range(random.randint(2, 7)):
                if x < end:
                    write(sheet, random.choice(signs), x, y, size, palette.ink, 1.9)
                x += size * 1.12
            x += size * 0.9
        y += lead * (1.7 if row % 6 == 5 else 1)
        row += 1
    for n in range(5):
        write(sheet, signs[n + 20], right - 150 + n * 29, h * 0.845, 25, palette.ink, 2.6)
    sheet.line(((right - 154, h * 0.895), (right, h * 0.888)), palette.colours[3], 3)


def signs(sheet: Sheet, random: Random, palette: Palette) -> None:
    """Shop signs along a street: boards of different widths, each with a word of one to three signs."""
    w, h = sheet.width, sheet.height
    known = alphabet(random)
    margin, gap = 60.0, 16.0
    tall = (h - 2 * margin - 2 * gap) / 3
    for row in range(3):
        x, y = margin, margin + row * (tall + gap)
        widths = [random.choice((1.0, 1.45, 2.0)) for _ in range(4)]
        scale = (w - 2 * margin - 3 * gap) / sum(widths)
        for column, wide in enumerate(widths):
            ground = (*palette.colours, palette.ink)[(column * 2 + row * 3) % 6]
            _board(sheet, random, known, (x, y, wide * scale, tall), ground, palette)
            x += wide * scale + gap


def _board(
    sheet: Sheet,
    random: Random,
    known: list[list[Stroke]],
    box: tuple[float, float, float, float],
    ground: str,
    palette: Palette,
) -> None:
    x, y, wide, tall = box
    sheet.rectangle(x, y, wide, tall, ground)
    brightness = sum(int(ground[n : n + 2], 16) for n in (1, 3, 5)) / 3
    ink = palette.ink if brightness > 120 else mix(palette.paper, palette.colours[3], 0.1)
    count = 1 if wide < tall * 0.9 else 2 if wide < tall * 1.5 else 3
    size = min(tall * 0.44, (wide - 44) / (count * 1.15))
    start = x + (wide - count * size * 1.15) / 2 + size * 0.075
    for n in range(count):
        write(
            sheet,
            random.choice(known),
            start + n * size * 1.15,
            y + tall / 2 - size * 0.7,
            size,
            ink,
            size * 0.115,
        )
