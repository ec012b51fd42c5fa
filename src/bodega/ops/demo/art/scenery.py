"""Landscapes: hills in layers under a low sun."""

import math
from random import Random

from PIL import Image

from bodega.ops.demo.art.canvas import Palette, Sheet, mix
from bodega.ops.demo.art.noise import Noise


def suns(sheet: Sheet, random: Random, palette: Palette) -> None:
    """A sky that fades upwards, a disc, and five to seven ranges of hills, the nearest darkest."""
    horizon = sheet.height * random.uniform(0.44, 0.54)
    _sky(
        sheet,
        mix(palette.colours[3], palette.paper, 0.25),
        mix(palette.colours[2], palette.paper, 0.45),
    )
    radius = min(sheet.width, sheet.height) * random.uniform(0.13, 0.17)
    sheet.circle(
        sheet.width * random.choice((0.34, 0.5, 0.63)),
        horizon - radius * random.uniform(0.35, 0.9),
        radius,
        mix(palette.paper, palette.colours[3], 0.0 if random.random() < 0.4 else 0.9),
    )
    count = random.randint(5, 7)
    far, near = (
        mix(palette.colours[2], palette.paper, 0.3),
        mix(palette.colours[0], palette.ink, 0.55),
    )
    for n in range(count):
        share = n / (count - 1)
        colour = (
            mix(far, palette.colours[1], share * 2)
            if share < 0.5
            else mix(palette.colours[1], near, share * 2 - 1)
        )
        base = horizon + (sheet.height - horizon) * (share**1.25) * 0.86
        _range(sheet, random, colour, base, 46 + 60 * share, 1.4 + random.random())
    sheet.mount(sheet.height * 0.045, "#fdfcf9")


def _sky(sheet: Sheet, low: str, high: str) -> None:
    """From `high` at the top to `low` at the horizon, without steps."""
    shade = Image.linear_gradient("L").resize(sheet.image.size)
    top, bottom = (Image.new("RGB", sheet.image.size, colour) for colour in (high, low))
    sheet.image.paste(Image.composite(bottom, top, shade))


def _range(
    sheet: Sheet, random: Random, colour: str, base: float, lift: float, waves: float
) -> None:
    noise, phase = Noise(random, 4), random.uniform(0, math.tau)
    crest = []
    for x in range(0, int(sheet.width) + 5, 4):
        t = x / sheet.width
        swell = math.sin(phase + t * math.tau * waves * 0.5) * 0.55
        crest.append((float(x), base - lift * (swell + noise(t * waves * 2.2, phase))))
    sheet.polygon([*crest, (sheet.width + 5, sheet.height), (0, sheet.height)], colour)
