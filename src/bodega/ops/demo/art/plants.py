"""Plants by the rules by which they grow."""

import math
from random import Random

from bodega.ops.demo.art.canvas import Palette, Point, Sheet, mix, smooth

GOLDEN = math.radians(137.50776405)


def fern(sheet: Sheet, random: Random, palette: Palette) -> None:
    """A frond whose leaves are smaller fronds."""
    w, h = sheet.width, sheet.height
    bend = random.choice((-1, 1)) * random.uniform(0.1, 0.16)
    stem = [
        (w * (0.5 - bend * 0.8 + bend * 2.1 * (t / 40) ** 2), h * (0.93 - 0.84 * t / 40))
        for t in range(41)
    ]
    for n in range(4, 40, 2):
        t = n / 40
        long = (
            w
            * 0.4
            * math.sin(math.pi * min(1, 0.2 + 0.8 * (1 - t) ** 0.8))
            * (0.25 + 0.75 * (1 - t))
        )
        heading = _heading(stem, n)
        for side in (-1, 1):
            tone = mix(
                palette.colours[0], palette.colours[1], 0.15 + 0.6 * t + random.uniform(-0.1, 0.1)
            )
            _pinna(sheet, stem[n], heading + side * (1.18 - 0.45 * t), long, side, tone)
    _tapered(sheet, stem, 7, 1.5, palette.ink)


def _pinna(sheet: Sheet, start: Point, heading: float, long: float, side: int, tone: str) -> None:
    """A leaf of the frond: a curved rib with leaflets on both sides."""
    rib = [start]
    for n in range(18):
        angle = heading - side * 0.03 * n
        rib.append(
            (rib[-1][0] + long / 18 * math.cos(angle), rib[-1][1] + long / 18 * math.sin(angle))
        )
    for n in range(1, 18):
        size = long * 0.1 * (1 - n / 19) + 2.5
        angle = _heading(rib, n)
        for flank in (-1, 1):
            _leaflet(sheet, rib[n], angle + flank * 1.05, size, tone)
    sheet.line(rib, tone, 1.6)


def _leaflet(sheet: Sheet, start: Point, angle: float, size: float, tone: str) -> None:
    x, y = start
    cos, sin = math.cos(angle), math.sin(angle)
    outline = [(0, 0), (0.4, 0.2), (0.8, 0.14), (1, 0), (0.8, -0.14), (0.4, -0.2)]
    sheet.polygon(
        smooth(
            [(x + size * (a * cos - b * sin), y + size * (a * sin + b * cos)) for a, b in outline],
            4,
        ),
        tone,
    )


def umbel(sheet: Sheet, random: Random, palette: Palette) -> None:
    """Wild carrot in winter: a stem, rays, and smaller rays at their ends."""
    w, h = sheet.width, sheet.height
    plants = ((0.5, 0.3, 0.235, -0.02), (0.25, 0.5, 0.15, -0.22), (0.75, 0.57, 0.125, 0.26))
    for x, y, size, lean in plants:
        head = (w * x, h * y)
        foot = (w * (0.5 + lean * 0.12), h * 0.95)
        middle = ((head[0] * 0.55 + foot[0] * 0.45) + lean * 40, (head[1] + foot[1]) / 2)
        _tapered(sheet, smooth([foot, middle, head], 16, closed=False), 5.5, 2.2, palette.ink)
        _rays(sheet, random, head, lean, size * w * 1.35, palette)


def _rays(
    sheet: Sheet, random: Random, head: Point, lean: float, size: float, palette: Palette
) -> None:
    count = 19
    for n in range(count):
        angle = -math.pi / 2 + lean + (n / (count - 1) - 0.5) * 2.5
        long = size * (1 - 0.16 * abs(n / (count - 1) - 0.5)) * random.uniform(0.93, 1.05)
        bow = (n / (count - 1) - 0.5) * -0.5
        ray = _bow(head, angle, long, bow)
        sheet.line(ray, palette.ink, 1.9)
        tip, heading = ray[-1], angle + bow
        for k in range(11):
            fine = heading + (k / 10 - 0.5) * 2.6
            end = _bow(tip, fine, size * random.uniform(0.15, 0.21), 0)[-1]
            sheet.line((tip, end), palette.ink, 1.2)
            sheet.circle(*end, random.uniform(1.9, 3.1), palette.ink)


def _bow(start: Point, angle: float, long: float, bow: float) -> list[Point]:
    points = [start]
    for n in range(12):
        heading = angle + bow * n / 12
        points.append(
            (
                points[-1][0] + long / 12 * math.cos(heading),
                points[-1][1] + long / 12 * math.sin(heading),
            )
        )
    return points


def branch(sheet: Sheet, random: Random, palette: Palette) -> None:
    """Dogwood in February: red rods against a pale sky."""
    w, h = sheet.width, sheet.height
    sheet.circle(w * 0.62, h * 0.3, w * 0.24, mix(palette.colours[3], palette.paper, 0.45))
    for x, lean in ((0.36, -0.1), (0.5, 0.06), (0.62, 0.2), (0.44, -0.24)):
        tone = mix(palette.colours[0], palette.colours[4], random.random() * 0.8)
        _grow(sheet, random, (w * x, h * 0.96), -math.pi / 2 + lean, h * 0.25, 11, tone, 0)


def _grow(
    sheet: Sheet,
    random: Random,
    start: Point,
    angle: float,
    long: float,
    width: float,
    tone: str,
    depth: int,
) -> None:
    rod = _bow(start, angle, long, random.uniform(-0.12, 0.12))
    _tapered(sheet, rod, width, width * 0.72, tone)
    if depth == 4:
        sheet.circle(*rod[-1], 4, tone)
        return
    for side in (-1, 1):
        if depth < 3 or random.random() < 0.8:
            turned = angle + side * random.uniform(0.16, 0.42)
            share = random.uniform(0.62, 0.8)
            at = rod[-1] if side > 0 else rod[random.randint(8, 12)]
            _grow(sheet, random, at, turned, long * share, width * 0.66, tone, depth + 1)


def sunflower(sheet: Sheet, random: Random, palette: Palette) -> None:
    """Nine hundred seeds, each 137.5 degrees further than the one before."""
    centre, reach = (sheet.width / 2, sheet.height / 2), sheet.width * 0.4
    rings = (
        palette.ink,
        palette.colours[3],
        palette.colours[0],
        palette.colours[1],
        palette.colours[2],
    )
    for n in range(900):
        share = (n + 0.5) / 900
        radius, angle = reach * math.sqrt(share), n * GOLDEN
        tone = rings[min(4, int(share * 5 + random.uniform(-0.25, 0.25)))] if n > 8 else rings[0]
        at = centre[0] + radius * math.cos(angle), centre[1] + radius * math.sin(angle)
        sheet.circle(*at, 3.6 + 7.2 * share**0.6, tone)


def dandelion(sheet: Sheet, random: Random, palette: Palette) -> None:
    """A seed head about to leave, and three that have."""
    w, h = sheet.width, sheet.height
    centre = (w * 0.46, h * 0.42)
    stem = smooth([(w * 0.52, h * 0.97), (w * 0.47, h * 0.7), centre], 20, closed=False)
    _tapered(sheet, stem, 7, 3.5, palette.colours[1])
    for n in range(260):
        share = math.sqrt((n + 0.5) / 260)
        angle = n * GOLDEN
        reach = w * 0.34 * share * random.uniform(0.985, 1.01)
        tip = (centre[0] + reach * math.cos(angle), centre[1] + reach * math.sin(angle))
        _seed(
            sheet, centre, tip, 17 - 7 * share, mix(palette.colours[2], palette.ink, share), share
        )
    sheet.circle(*centre, w * 0.026, palette.colours[3])
    for x, y, angle in ((0.8, 0.19, -0.6), (0.88, 0.33, -0.35), (0.7, 0.09, -0.9)):
        foot = (w * x, h * y)
        tip = (foot[0] + 34 * math.cos(angle), foot[1] + 34 * math.sin(angle))
        sheet.line((foot, tip), palette.colours[2], 1.4)
        _seed(sheet, foot, tip, 14, palette.ink, 1.0)
        sheet.circle(*foot, 3, palette.colours[3])


def _seed(sheet: Sheet, centre: Point, tip: Point, size: float, tone: str, share: float) -> None:
    """A parasol of fine hairs at the end of a thread."""
    if share > 0.55:
        sheet.line((centre, tip), mix(tone, "#24406e", 0.72), 0.7)
    heading = math.atan2(tip[1] - centre[1], tip[0] - centre[0])
    for k in range(9):
        angle = heading + (k / 8 - 0.5) * 2.3
        end = tip[0] + size * math.cos(angle), tip[1] + size * math.sin(angle)
        sheet.line((tip, end), tone, 0.8)
        sheet.circle(*end, 2.0 - 0.9 * share, tone)
    sheet.circle(*tip, 1.8, tone)


def _tapered(sheet: Sheet, path: list[Point], thick: float, thin: float, tone: str) -> None:
    """A line that gets thinner."""
    for n in range(len(path) - 1):
        sheet.line(path[n : n + 2], tone, thick + (thin - thick) * n / (len(path) - 1))


def _heading(path: list[Point], n: int) -> float:
    before, after = path[n - 1], path[min(n + 1, len(path) - 1)]
    return math.atan2(after[1] - before[1], after[0] - before[0])
