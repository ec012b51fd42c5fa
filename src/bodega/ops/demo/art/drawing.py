"""Which family draws what, and the files that come of it."""

from collections.abc import Callable
from pathlib import Path
from random import Random

from PIL import Image

from bodega.ops.demo.art import scenery
from bodega.ops.demo.art.canvas import PALETTES, Palette, Sheet
from bodega.ops.demo.prints import Print

Draw = Callable[[Sheet, Random, Palette], None]
FAMILIES: dict[str, Draw] = {"suns": scenery.suns}
QUALITY = 84  # WebP


def draw(item: Print) -> Image.Image:
    """The print's picture; the same for the same seed, palette and shape."""
    palette = PALETTES[item.palette]
    sheet = Sheet(item.shape, palette.paper)
    FAMILIES.get(item.family, scenery.suns)(sheet, Random(item.seed), palette)  # noqa: S311 - art, not secrets
    return sheet.finished()


def save(picture: Image.Image, path: Path) -> int:
    """Write a WebP; returns its size in bytes."""
    picture.save(path, "WEBP", quality=QUALITY, method=6)
    return path.stat().st_size
