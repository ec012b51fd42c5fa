"""Patterns that are not printed but seen: two sets of lines, almost the same."""

import math
from random import Random

from bodega.ops.demo.art.canvas import Palette, Sheet


def ripples(sheet: Sheet, random: Random, palette: Palette) -> None:
    """Two sets of rings, a finger's width apart."""
    side, gap = sheet.width, random.uniform(12.5, 13.5)
    for shift in (-0.045, 0.045):
        layer = sheet.fresh()
        for n in range(int(side * 0.36 / gap), 0, -1):
            layer.ring(side * (0.5 + shift), side / 2, n * gap, palette.ink, gap * 0.46)
        sheet.overprint(layer)
    sheet.circle(side * 0.5, side / 2, 15, palette.colours[3])


def haze(sheet: Sheet, random: Random, palette: Palette) -> None:
    """Wavering lines over wavering lines, in two inks."""
    w, h = sheet.width, sheet.height
    left, right, top, bottom = w * 0.1, w * 0.9, h * 0.09, h * 0.91
    gap = 10.0
    for number, ink in enumerate((palette.colours[1], palette.colours[3], palette.colours[0])):
        layer = sheet.fresh()
        phase, reach = random.uniform(0, math.tau), random.uniform(9, 15)
        for n in range(-3, int((right - left) / gap) + 4):
            points = []
            for step in range(91):
                t = step / 90
                sway = reach * math.sin(phase + t * math.tau * (1.1 + 0.22 * number))
                x = left + n * gap + sway + (t - 0.5) * 26 * (number - 1)
                points.append((min(max(x, left), right), top + (bottom - top) * t))
            layer.line(points, ink, gap * 0.42)
        sheet.overprint(layer)
    sheet.rectangle(0, 0, left, h, palette.paper)
    sheet.rectangle(right, 0, w, h, palette.paper)
