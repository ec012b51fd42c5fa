"""Tiles: Truchet's two positions, and panes of glass (Voronoi cells)."""

from collections.abc import Iterator
from random import Random

from bodega.ops.demo.art.canvas import Palette, Point, Sheet, mix


def truchet(sheet: Sheet, random: Random, palette: Palette) -> None:
    """One tile with two pairs of quarter rings, laid one way or the other by tossing a coin."""
    columns = 12 if sheet.width < sheet.height else (12 if sheet.width == sheet.height else 16)
    margin = sheet.width * 0.07 if columns == 12 else 62
    side = (sheet.width - 2 * margin) / columns
    rows = round((sheet.height - 2 * margin) / side)
    top = (sheet.height - rows * side) / 2
    inks = (palette.colours[0], palette.colours[4], palette.colours[1], palette.paper)
    ground = mix(palette.colours[4], palette.paper, 0.5)
    for row in range(rows):
        for column in range(columns):
            x, y = margin + column * side, top + row * side
            sheet.rectangle(x, y, side + 0.7, side + 0.7, ground)
            corners = (
                ((0, 0, 0), (1, 1, 180)) if random.random() < 0.5 else ((1, 0, 90), (0, 1, 270))
            )
            for right, low, start in corners:
                for reach, ink in zip((0.78, 0.66, 0.56, 0.44), inks, strict=True):
                    at = x + right * side, y + low * side
                    sheet.slice(*at, side * reach, start, start + 90, ink)
                sheet.slice(
                    x + right * side,
                    y + low * side,
                    side * 0.22,
                    start,
                    start + 90,
                    palette.colours[3],
                )
                sheet.slice(
                    x + right * side, y + low * side, side * 0.12, start, start + 90, palette.paper
                )


def window(sheet: Sheet, random: Random, palette: Palette) -> None:
    """A pointed window of coloured glass in lead."""
    inks = [*palette.colours[:4], mix(palette.colours[1], palette.paper, 0.45)]
    inks += [mix(palette.colours[0], palette.ink, 0.3), mix(palette.colours[2], palette.paper, 0.3)]
    sheet.rectangle(0, 0, sheet.width, sheet.height, palette.ink)
    for number, cell in enumerate(_cells(sheet, random, 110)):
        light = random.uniform(0, 0.22)
        sheet.polygon(
            _inset(cell, 2.6), mix(inks[(number * 5 + random.randrange(3)) % 7], "#ffffff", light)
        )
    _arch(sheet, palette.paper, palette.ink)


def _arch(sheet: Sheet, paper: str, lead: str) -> None:
    """Cover everything outside the window's pointed outline."""
    w, h = sheet.width, sheet.height
    left, right, spring, foot = w * 0.16, w * 0.84, h * 0.42, h * 0.92
    span = right - left
    outline: list[Point] = []
    for n in range(61):
        x = left + span / 2 * n / 60
        outline.append((x, spring - (span**2 - (right - x) ** 2) ** 0.5))
    crest = outline[-1]
    mirrored = [(left + right - x, y) for x, y in reversed(outline)]
    for side, edge in ((outline, 0.0), (mirrored[::-1], w)):
        sheet.polygon(
            [(edge, 0), (crest[0], 0), *reversed(side), (side[0][0], foot), (edge, foot)], paper
        )
    sheet.rectangle(0, foot, w, h, paper)
    border = [(left, foot), *outline, *mirrored, (right, foot), (left, foot)]
    sheet.line(border, lead, 9)
    sheet.line(((w / 2, crest[1]), (w / 2, foot)), lead, 6)
    for share in (0.33, 0.66):
        y = spring + (foot - spring) * share
        sheet.line(((left, y), (right, y)), lead, 6)


def ice(sheet: Sheet, random: Random, palette: Palette) -> None:
    """Pale panes with white seams; a few of them darker, where the water shows."""
    sheet.rectangle(0, 0, sheet.width, sheet.height, "#fbfdfe")
    for cell in _cells(sheet, random, 170):
        tone = random.choices(palette.colours, (4, 5, 3, 1, 4))[0]
        sheet.polygon(
            _inset(cell, random.uniform(1.5, 4.5)), mix(tone, "#ffffff", random.uniform(0, 0.35))
        )
    sheet.mount(44, "#fdfdfb")


def _cells(sheet: Sheet, random: Random, count: int) -> list[list[Point]]:
    """Voronoi cells of points that were pushed apart twice (Lloyd's relaxation)."""
    sites = [
        (random.uniform(0, sheet.width), random.uniform(0, sheet.height)) for _ in range(count)
    ]
    for _ in range(2):
        sites = [_centre(cell) for cell in _voronoi(sheet, sites)]
    return list(_voronoi(sheet, sites))


def _voronoi(sheet: Sheet, sites: list[Point]) -> Iterator[list[Point]]:
    """Each site keeps what is nearer to it than to any other: the sheet, cut by bisectors."""
    w, h = sheet.width + 20, sheet.height + 20
    for site in sites:
        cell: list[Point] = [(-20, -20), (w, -20), (w, h), (-20, h)]
        near = sorted(
            sites, key=lambda other: (other[0] - site[0]) ** 2 + (other[1] - site[1]) ** 2
        )
        for other in near[1:28]:
            cell = _cut(cell, site, other)
        yield cell


def _cut(cell: list[Point], site: Point, other: Point) -> list[Point]:
    middle = (site[0] + other[0]) / 2, (site[1] + other[1]) / 2
    normal = other[0] - site[0], other[1] - site[1]

    def beyond(p: Point) -> float:
        return (p[0] - middle[0]) * normal[0] + (p[1] - middle[1]) * normal[1]

    kept: list[Point] = []
    for n, here in enumerate(cell):
        before = cell[n - 1]
        a, b = beyond(before), beyond(here)
        if (a < 0) != (b < 0):
            t = a / (a - b)
            kept.append(
                (before[0] + (here[0] - before[0]) * t, before[1] + (here[1] - before[1]) * t)
            )
        if b < 0:
            kept.append(here)
    return kept or cell


def _centre(cell: list[Point]) -> Point:
    return sum(x for x, _ in cell) / len(cell), sum(y for _, y in cell) / len(cell)


def _inset(cell: list[Point], by: float) -> list[Point]:
    """The cell, its corners pulled `by` units towards its centre."""
    cx, cy = _centre(cell)
    found = []
    for x, y in cell:
        far = max(1e-6, ((x - cx) ** 2 + (y - cy) ** 2) ** 0.5)
        found.append((cx + (x - cx) * (1 - by / far), cy + (y - cy) * (1 - by / far)))
    return found
