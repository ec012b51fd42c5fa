"""Which family draws what, and the files that come of it."""

from collections.abc import Callable
from pathlib import Path
from random import Random

from PIL import Image

from bodega.ops.demo.art import (
    currents,
    geometry,
    letters,
    optics,
    paper,
    plants,
    scenery,
    terrain,
    tiles,
)
from bodega.ops.demo.art.canvas import PALETTES, Palette, Sheet
from bodega.ops.demo.prints import Print

Draw = Callable[[Sheet, Random, Palette], None]
FAMILIES: dict[str, Draw] = {
    "flow": currents.flow,
    "contour": terrain.contour,
    "depths": terrain.depths,
    "ridges": terrain.ridges,
    "dawn": terrain.dawn,
    "constructs": geometry.constructs,
    "quarters": geometry.quarters,
    "stones": paper.stones,
    "arches": paper.arches,
    "leaf": paper.leaf,
    "suns": scenery.suns,
    "fern": plants.fern,
    "umbel": plants.umbel,
    "branch": plants.branch,
    "sunflower": plants.sunflower,
    "dandelion": plants.dandelion,
    "truchet": tiles.truchet,
    "window": tiles.window,
    "ice": tiles.ice,
    "ripples": optics.ripples,
    "haze": optics.haze,
    "letter": letters.letter,
    "signs": letters.signs,
}
QUALITY = 80  # WebP


def draw(item: Print) -> Image.Image:
    """The print's picture; the same for the same seed, palette and shape."""
    palette = PALETTES[item.palette]
    sheet = Sheet(item.shape, palette.paper)
    FAMILIES[item.family](sheet, Random(item.seed), palette)  # noqa: S311 - art, not secrets
    return sheet.finished()


def save(picture: Image.Image, path: Path) -> int:
    """Write a WebP; returns its size in bytes."""
    picture.save(path, "WEBP", quality=QUALITY, method=6)
    return path.stat().st_size
