"""Heights: contour lines, depths of a sea, ridges one behind the other."""

import math
from collections.abc import Callable, Iterator
from random import Random

from PIL import Image

from bodega.ops.demo.art.canvas import LONG, Palette, Point, Sheet, mix
from bodega.ops.demo.art.noise import Noise

GRID = 5  # units between the points where the height is known
MARGIN = 48.0
Height = Callable[[float, float], float]


def contour(sheet: Sheet, random: Random, palette: Palette) -> None:
    """Contour lines of an invented hill; every fifth one is heavier, as on a survey's sheet."""
    height = _hill(sheet, random)
    levels = [level / 26 for level in range(-26, 40)]
    grid = _measure(sheet, height)
    for number, level in enumerate(levels):
        heavy = number % 5 == 0
        colour = palette.colours[0] if heavy else mix(palette.colours[1], palette.colours[0], 0.25)
        for start, end in _segments(grid, level):
            sheet.line((start, end), colour, 3.0 if heavy else 1.5)
    top = max((value, point) for point, value in grid.items())
    x, y = top[1][0] * GRID, top[1][1] * GRID
    sheet.polygon([(x, y - 9), (x + 8, y + 5), (x - 8, y + 5)], palette.colours[3])
    sheet.mount(MARGIN, palette.paper)


def depths(sheet: Sheet, random: Random, palette: Palette) -> None:
    """A sea chart: bands from the beach to the deep, with a fine line between them."""
    height = _hill(sheet, random)
    bands = [
        palette.colours[4],
        mix(palette.colours[4], palette.colours[2], 0.55),
        palette.colours[2],
    ]
    bands += [mix(palette.colours[2], palette.colours[1], 0.5), palette.colours[1]]
    bands += [mix(palette.colours[1], palette.colours[0], 0.5), palette.colours[0]]
    bands += [mix(palette.colours[0], palette.ink, 0.5)]
    _bands(sheet, height, [palette.paper, *bands])
    grid = _measure(sheet, height)
    for number in range(len(bands)):
        for start, end in _segments(grid, _edge(number, len(bands))):
            sheet.line((start, end), mix(bands[number], palette.paper, 0.45), 1.2)
    sheet.mount(MARGIN, palette.paper)


def ridges(sheet: Sheet, random: Random, palette: Palette) -> None:
    """Horizontal lines that rise in the middle; each hides what is behind it."""
    _pile(sheet, random, palette, 62, lambda _share: palette.paper, 2.4)


def dawn(sheet: Sheet, random: Random, palette: Palette) -> None:
    """The same mountains in colour: a sky's worth of tones from the far ridge to the near one."""
    tones = [
        palette.colours[3],
        palette.colours[1],
        palette.colours[0],
        palette.colours[2],
        palette.colours[4],
    ]

    def tone(share: float) -> str:
        place = share * (len(tones) - 1.001)
        return mix(tones[int(place)], tones[int(place) + 1], place % 1)

    _pile(sheet, random, palette, 30, tone, 1.6)


def _pile(
    sheet: Sheet,
    random: Random,
    palette: Palette,
    count: int,
    fill: Callable[[float], str],
    width: float,
) -> None:
    noise = Noise(random, 4)
    left, right = sheet.width * 0.13, sheet.width * 0.87
    top, bottom = sheet.height * 0.24, sheet.height * 0.88
    centre, spread = random.uniform(0.44, 0.56), random.uniform(0.14, 0.18)
    for n in range(count):
        share = n / (count - 1)
        base, wander = top + (bottom - top) * share, random.uniform(-0.05, 0.05)
        line: list[Point] = []
        for step in range(181):
            t = step / 180
            bell = math.exp(-(((t - centre - wander) / spread) ** 2) / 2)
            rough = abs(noise(t * 9, n * 0.55)) * 1.1 + 0.25 * noise(t * 26, n * 1.7)
            lift = sheet.height * 0.125 * bell * max(0.0, rough)
            line.append((left + (right - left) * t, base - lift + 1.4 * noise(t * 30, n + 9)))
        sheet.polygon([*line, (right, base + 30), (left, base + 30)], fill(share))
        sheet.line(line, palette.ink, width)
    sheet.rectangle(0, bottom + 3, sheet.width, sheet.height, palette.paper)


def _hill(sheet: Sheet, random: Random) -> Height:
    noise = Noise(random, 3)
    x0, y0 = sheet.width * random.uniform(0.3, 0.7), sheet.height * random.uniform(0.3, 0.65)
    reach = random.uniform(0.34, 0.42) * LONG

    def height(x: float, y: float) -> float:
        swell = math.exp(-(math.hypot(x - x0, y - y0) ** 2) / (2 * reach**2))
        return 1.15 * swell + 0.62 * noise(x / 290, y / 290) - 0.25

    return height


def _measure(sheet: Sheet, height: Height) -> dict[tuple[int, int], float]:
    return {
        (column, row): height(column * GRID, row * GRID)
        for column in range(int(sheet.width) // GRID + 2)
        for row in range(int(sheet.height) // GRID + 2)
    }


def _segments(grid: dict[tuple[int, int], float], level: float) -> Iterator[tuple[Point, Point]]:
    """Marching squares: where a level crosses the edges of each cell, in units."""
    for (column, row), here in grid.items():
        corners = [(column, row), (column + 1, row), (column + 1, row + 1), (column, row + 1)]
        if corners[2] not in grid:
            continue
        values = [here, *(grid[corner] for corner in corners[1:])]
        if min(values) > level or max(values) < level:
            continue
        crossings = [
            _between(corners[n], corners[n - 3], values[n], values[n - 3], level)
            for n in range(4)
            if (values[n] < level) != (values[n - 3] < level)
        ]
        for n in range(0, len(crossings) - 1, 2):
            yield crossings[n], crossings[n + 1]


def _between(
    a: tuple[int, int], b: tuple[int, int], low: float, high: float, level: float
) -> Point:
    share = (level - low) / (high - low)
    return (a[0] + (b[0] - a[0]) * share) * GRID, (a[1] + (b[1] - a[1]) * share) * GRID


def _edge(number: int, count: int) -> float:
    """The height at which band `number` (0: the shallowest) begins."""
    return 0.72 - 1.15 * (number / count)


def _bands(sheet: Sheet, height: Height, colours: list[str]) -> None:
    """Fill by height: a small grey map, enlarged smoothly, then coloured step by step."""
    small = Image.new("L", (int(sheet.width) // GRID + 1, int(sheet.height) // GRID + 1))
    small.putdata(
        [
            round(min(max((height(x * GRID, y * GRID) + 1) * 85, 0), 255))
            for y in range(small.height)
            for x in range(small.width)
        ]
    )
    large = small.resize(sheet.image.size, Image.Resampling.BICUBIC)
    edges = [(_edge(number, len(colours) - 1) + 1) * 85 for number in range(len(colours) - 1)]
    chosen = [colours[sum(value < edge for edge in edges)] for value in range(256)]
    channels = [large.point([int(colour[n : n + 2], 16) for colour in chosen]) for n in (1, 3, 5)]
    sheet.image.paste(Image.merge("RGB", channels))
