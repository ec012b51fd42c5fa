"""Painted paper, cut with scissors: stones, arches, a leaf."""

import math
from random import Random

from bodega.ops.demo.art.canvas import Palette, Point, Sheet, mix, smooth, turn


def blob(
    random: Random, x: float, y: float, rx: float, ry: float, rough: float = 0.06
) -> list[Point]:
    """An ellipse as scissors cut it."""
    waves = [(random.uniform(-rough, rough) / n, random.uniform(0, math.tau)) for n in (1, 2, 3)]
    points = []
    for step in range(14):
        angle = step / 14 * math.tau
        swell = 1 + sum(a * math.cos((n + 2) * angle + phase) for n, (a, phase) in enumerate(waves))
        points.append((x + rx * swell * math.cos(angle), y + ry * swell * math.sin(angle)))
    return smooth(points)


def stones(sheet: Sheet, random: Random, palette: Palette) -> None:
    """Seven stones in balance before a pale sun."""
    w, h = sheet.width, sheet.height
    sheet.polygon(blob(random, w * 0.54, h * 0.36, w * 0.33, w * 0.33, 0.03), palette.colours[4])
    inks = [
        palette.colours[0],
        palette.colours[3],
        palette.colours[1],
        palette.ink,
        palette.colours[2],
    ]
    y, wide = h * 0.885, w * 0.33
    sheet.rectangle(w * 0.12, y, w * 0.76, 4, palette.ink)
    x = w * 0.5
    for n in range(7):
        tall = random.uniform(0.042, 0.062) * h * (1 - 0.03 * n)
        y -= tall
        points = blob(random, 0, 0, wide, tall, 0.07)
        lean = random.uniform(-0.07, 0.07)
        placed = [(x + px, y + py) for px, py in (turn(point, lean) for point in points)]
        layer = sheet.fresh()
        layer.polygon(placed, inks[n % len(inks)])
        sheet.overprint(layer)
        if n in (1, 4):
            _veins(sheet, x, y, wide, tall, palette.paper, lean)
        y -= tall * 0.93
        wide *= random.uniform(0.78, 0.9)
        x += random.uniform(-0.028, 0.028) * w


def _veins(
    sheet: Sheet, x: float, y: float, wide: float, tall: float, colour: str, lean: float
) -> None:
    for n in range(-2, 3):
        half = wide * (0.72 - 0.08 * abs(n))
        rise = n * tall * 0.26
        line = [(px, rise + 2.5 * math.sin(px / 17 + n)) for px in range(int(-half), int(half), 6)]
        sheet.line([(x + a, y + b) for a, b in (turn(p, lean) for p in line)], colour, 2.2)


def arches(sheet: Sheet, random: Random, palette: Palette) -> None:
    """Rounded, sun-warm shapes that lean on each other."""
    w, h = sheet.width, sheet.height
    ground = h * 0.84
    sheet.circle(w * 0.68, h * 0.24, w * 0.125, palette.colours[3])
    shapes = (
        (0.33, 0.30, 0.56, palette.colours[1], -0.05),
        (0.66, 0.24, 0.42, palette.colours[0], 0.06),
        (0.46, 0.19, 0.31, palette.colours[2], -0.02),
        (0.80, 0.13, 0.22, palette.colours[4], 0.03),
        (0.22, 0.12, 0.19, palette.colours[4], -0.03),
    )
    for x, half, tall, ink, lean in shapes:
        layer = sheet.fresh()
        layer.polygon(_arch(random, x * w, ground, half * w * 0.86, tall * h, lean), ink)
        sheet.overprint(layer)
    sheet.polygon(blob(random, w * 0.5, ground + h * 0.012, w * 0.42, h * 0.018, 0.03), palette.ink)


def _arch(
    random: Random, x: float, ground: float, half: float, tall: float, lean: float
) -> list[Point]:
    half *= 0.62
    points: list[Point] = [(x - half, ground)]
    for step in range(25):
        angle = math.pi + step / 24 * math.pi
        points.append((x + half * math.cos(angle), ground - tall + half + half * math.sin(angle)))
    points.append((x + half, ground))
    uneven = random.uniform(-4, 4)
    return [turn((px + uneven * (py < ground - 10), py), lean, (x, ground)) for px, py in points]


def leaf(sheet: Sheet, random: Random, palette: Palette) -> None:
    """A fig leaf, its larger shadow, and the fig."""
    w, h = sheet.width, sheet.height
    sheet.circle(w * 0.66, h * 0.3, w * 0.2, palette.colours[1])
    shadow = _lobes(random, w * 0.47, h * 0.56, w * 0.42, -0.32)
    sheet.polygon(shadow, palette.colours[4])
    sheet.polygon(_lobes(random, w * 0.43, h * 0.5, w * 0.35, -0.28), palette.colours[2])
    stem = (w * 0.43, h * 0.5)
    for angle, long in ((-0.28, 0.27), (0.62, 0.22), (-1.18, 0.22), (1.45, 0.15), (-2.0, 0.15)):
        end = turn((stem[0], stem[1] - long * w), angle, stem)
        sheet.line((stem, end), palette.paper, 4.5)
    sheet.line((stem, turn((stem[0], stem[1] + 0.3 * h), -0.28, stem)), palette.colours[2], 11)
    _fig(sheet, w * 0.72, h * 0.71, w * 0.13, palette)


def _lobes(random: Random, x: float, y: float, size: float, lean: float) -> list[Point]:
    """Five lobes around the stem's end."""
    lobes = ((0.0, 1.0), (0.92, 0.84), (-0.92, 0.84), (1.75, 0.56), (-1.75, 0.56))
    points: list[Point] = []
    for step in range(72):
        angle = step / 72 * math.tau - math.pi
        reach = 0.36 + max(
            long * 0.64 * math.exp(-((_turned(angle - at) / 0.33) ** 2)) for at, long in lobes
        )
        if abs(angle) > 2.7:
            reach *= 0.55
        reach *= 1 + random.uniform(-0.012, 0.012)
        points.append((x + size * reach * math.sin(angle), y - size * reach * math.cos(angle)))
    return smooth([turn(point, lean, (x, y)) for point in points], 4)


def _turned(angle: float) -> float:
    return (angle + math.pi) % math.tau - math.pi


def _fig(sheet: Sheet, x: float, y: float, size: float, palette: Palette) -> None:
    body = [(0, -1.35), (0.2, -1.05), (0.55, -0.5), (0.92, 0.1), (0.8, 0.72), (0.35, 1.0)]
    outline = body + [(-px, py) for px, py in reversed(body[1:])]
    gold = palette.colours[3]
    sheet.polygon(
        smooth([turn((x + px * size, y + py * size), 0.3, (x, y)) for px, py in outline]), gold
    )
    for n in range(-2, 3):
        line = [
            turn((x + n * 0.26 * size * (1 - t * t * 0.35), y + t * size * 0.78), 0.3, (x, y))
            for t in (k / 10 for k in range(-9, 10))
        ]
        sheet.line(smooth(line, 3, closed=False), mix(gold, palette.paper, 0.75), 3)
