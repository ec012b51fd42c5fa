"""Compositions of circles, bars and quarter circles."""

import math
from random import Random

from bodega.ops.demo.art.canvas import Palette, Point, Sheet, mix, turn


def constructs(sheet: Sheet, random: Random, palette: Palette) -> None:
    """One heavy circle, an axis, bars that hold it; where inks overlap they multiply."""
    w, h = sheet.width, sheet.height
    unit = min(w, h)
    tilt = math.radians(random.choice((-52, -38, -28, 32, 44)))
    centre = (w * random.uniform(0.52, 0.62), h * random.uniform(0.34, 0.42))
    red, dark, cool, bright, pale = palette.colours
    half = sheet.fresh()
    half.slice(w * 0.36, h * 0.74, unit * 0.3, math.degrees(tilt) - 180, math.degrees(tilt), pale)
    half.circle(w * random.uniform(0.72, 0.8), h * 0.7, unit * 0.1, bright)
    sheet.overprint(half)
    disc = sheet.fresh()
    disc.circle(*centre, unit * random.uniform(0.26, 0.31), red)
    sheet.overprint(disc)
    bars = sheet.fresh()
    for n, (length, thick) in enumerate(((1.15, 0.055), (0.8, 0.022), (0.95, 0.011))):
        shift = (0.13, 0.22, 0.275)[n] * unit
        _bar(bars, centre, tilt, shift, unit * length, unit * thick, (dark, cool, dark)[n])
    sheet.overprint(bars)
    wedge = sheet.fresh()
    tip = turn((centre[0] - unit * 0.04, centre[1]), tilt, centre)
    wedge.polygon(
        [
            tip,
            *(
                turn((centre[0] - unit * 0.62, centre[1] + dy * unit), tilt, centre)
                for dy in (-0.14, 0.02)
            ),
        ],
        cool,
    )
    sheet.overprint(wedge)
    _ladder(sheet, (w * 0.2, h * 0.16), unit, palette, random)
    sheet.circle(centre[0] + unit * 0.06, centre[1] - unit * 0.08, unit * 0.045, palette.paper)


def _bar(
    sheet: Sheet, centre: Point, tilt: float, shift: float, length: float, thick: float, ink: str
) -> None:
    """A bar parallel to the axis, `shift` units beside it."""
    x, y = centre[0], centre[1] + shift
    corners = [
        (x - length * 0.62, y - thick / 2),
        (x + length * 0.38, y - thick / 2),
        (x + length * 0.38, y + thick / 2),
        (x - length * 0.62, y + thick / 2),
    ]
    sheet.polygon([turn(corner, tilt, centre) for corner in corners], ink)


def _ladder(sheet: Sheet, place: Point, unit: float, palette: Palette, random: Random) -> None:
    """Fine lines, getting shorter."""
    count = random.randint(7, 10)
    for n in range(count):
        y = place[1] + n * unit * 0.022
        sheet.line(((place[0], y), (place[0] + unit * 0.2 * (1 - n / count), y)), palette.ink, 2.4)


def quarters(sheet: Sheet, random: Random, palette: Palette) -> None:
    """A grid of squares with quarter circles, half circles and leaves; neighbours never repeat."""
    columns = 5 if sheet.width == sheet.height else 4
    margin = sheet.width * 0.1
    side = (sheet.width - 2 * margin) / columns
    rows = int((sheet.height - 2 * margin) // side)
    top = (sheet.height - rows * side) / 2
    inks = [*palette.colours[:4], palette.ink]
    grounds = [palette.paper, palette.colours[4], mix(palette.colours[3], palette.paper, 0.35)]
    last = ""
    for row in range(rows):
        for column in range(columns):
            ground = random.choice(grounds)
            ink = random.choice([ink for ink in inks if ink not in (last, ground)])
            last = ink
            second = random.choice([other for other in inks if other not in (ink, ground)])
            x, y = margin + column * side, top + row * side
            sheet.rectangle(x, y, side + 0.5, side + 0.5, ground)
            _tile(sheet, x, y, side, random, ink, second)


def _tile(
    sheet: Sheet, x: float, y: float, side: float, random: Random, ink: str, second: str
) -> None:
    corner = random.randrange(4)
    cx, cy = x + side * (corner in (1, 2)), y + side * (corner in (2, 3))
    start = 90 * corner
    kind = random.choices(("quarter", "two", "leaf", "circle", "half"), (5, 3, 3, 1, 2))[0]
    if kind == "quarter":
        sheet.slice(cx, cy, side, start, start + 90, ink)
    elif kind == "two":
        sheet.slice(cx, cy, side, start, start + 90, ink)
        sheet.slice(cx, cy, side * 0.55, start, start + 90, second)
    elif kind == "leaf":
        _leaf(sheet, x, y, side, ink, corner % 2 == 0)
    elif kind == "circle":
        sheet.circle(x + side / 2, y + side / 2, side * 0.34, ink)
    else:
        sheet.slice(
            x + side / 2,
            y + side * (corner > 1),
            side / 2,
            180 * (corner > 1),
            180 * (corner > 1) + 180,
            ink,
        )
        sheet.slice(
            x + side / 2,
            y + side / 2,
            side / 2,
            180 * (corner > 1),
            180 * (corner > 1) + 180,
            second,
        )


def _leaf(sheet: Sheet, x: float, y: float, side: float, ink: str, falling: bool) -> None:
    """Where two opposite quarter circles overlap."""
    steps = [n / 24 * math.pi / 2 for n in range(25)]
    one = [(side * math.cos(a), side * math.sin(a)) for a in steps]
    two = [(side - px, side - py) for px, py in one]
    points = [(x + px, y + py) for px, py in one + two]
    sheet.polygon(points if falling else [(2 * x + side - px, py) for px, py in points], ink)
