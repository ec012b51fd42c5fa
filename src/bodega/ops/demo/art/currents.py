"""Streamlines of an invented wind, evenly spaced."""

import math
from collections.abc import Iterator
from random import Random

from bodega.ops.demo.art.canvas import Palette, Point, Sheet, mix
from bodega.ops.demo.art.noise import Noise

STEP = 3.0  # units along a line
SHORTEST = 12  # steps; shorter lines look like dust
MARGIN = 58.0


class Field:
    """A direction for every point, and who has been there already."""

    def __init__(self, sheet: Sheet, random: Random, gap: float) -> None:
        self.noise, self.gap = Noise(random, 2), gap
        self.turns, self.stretch = random.uniform(1.5, 2.3), random.uniform(330, 460)
        self.lean = (
            random.uniform(-0.4, 0.4) if sheet.width >= sheet.height else random.uniform(0.7, 1.4)
        )
        self.right, self.bottom = sheet.width - MARGIN, sheet.height - MARGIN
        self.taken: dict[tuple[int, int], int] = {}

    def angle(self, x: float, y: float) -> float:
        return self.lean + self.turns * self.noise(x / self.stretch, y / self.stretch)

    def walk(self, start: Point, direction: int, name: int) -> Iterator[Point]:
        """Follow the wind (or against it) until the margin, or a line that was there before."""
        x, y = start
        while MARGIN < x < self.right and MARGIN < y < self.bottom:
            cell = int(x / self.gap), int(y / self.gap)
            if self.taken.setdefault(cell, name) != name:
                return
            yield x, y
            angle = self.angle(x, y)
            x += direction * STEP * math.cos(angle)
            y += direction * STEP * math.sin(angle)


def flow(sheet: Sheet, random: Random, palette: Palette) -> None:
    """A few thousand strokes; their colour changes slowly over the sheet, their weight faster."""
    field, tone = Field(sheet, random, 6.2), Noise(random, 2)
    starts = [
        (x + random.random() * 6, y + random.random() * 6)
        for x in range(int(MARGIN), int(field.right), 6)
        for y in range(int(MARGIN), int(field.bottom), 6)
    ]
    random.shuffle(starts)
    for name, start in enumerate(starts):
        ahead = list(field.walk(start, 1, name))
        behind = list(field.walk(start, -1, name))
        path = behind[:0:-1] + ahead
        if len(path) >= SHORTEST:
            middle = path[len(path) // 2]
            share = (
                0.5 + 0.62 * tone(middle[0] / 300, middle[1] / 300) + random.uniform(-0.12, 0.12)
            )
            sheet.line(path, _colour(share, random, palette), random.choice((1.5, 2.2, 3.0, 4.0)))


def _colour(share: float, random: Random, palette: Palette) -> str:
    if random.random() < 0.035:
        return palette.colours[3]
    steps = (palette.colours[0], palette.colours[1], palette.colours[2])
    if palette.paper < palette.ink:  # dark paper: the same way, one step lighter
        steps = (palette.colours[1], palette.colours[2], palette.ink)
    place = min(max(share, 0.0), 0.999) * 2
    return mix(steps[int(place)], steps[int(place) + 1], place % 1)
