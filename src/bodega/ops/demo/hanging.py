"""The pictures of the demo shop: drawn once by `ops.demo.art`, kept in `pictures/`, hung here.

The files are as large as the largest size the shop shows, so only the two smaller ones are made, on all
cores at once, before the transaction begins.
"""

import hashlib
import io
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from django.conf import settings

from bodega.catalog import pictures
from bodega.catalog.models import Image, Product
from bodega.lib.files import write_atomically
from bodega.ops.demo.prints import Print, prints

# file name's ending → what the alternative text says
VIEWS = {"": "{alt}", "-wall": "{title} in an oak frame on a wall, above a sideboard"}
SMALLER = (400, 800)
QUICK = 2  # WebP method: 3 times faster than what an upload gets, files 5 % larger


@dataclass(frozen=True)
class Picture:
    """A stored picture, as its row will name it."""

    original: str
    width: int
    height: int
    renditions: dict[str, str]
    alt: str


def prepare() -> dict[str, list[Picture]]:
    """Store every picture in its sizes below MEDIA_ROOT; by the print's slug, in the order shown."""
    wanted = [(item, ending) for item in prints() for ending in VIEWS]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        stored = list(pool.map(lambda job: _store(*job), wanted))
    found: dict[str, list[Picture]] = {}
    for (item, _), picture in zip(wanted, stored, strict=True):
        found.setdefault(item.slug, []).append(picture)
    return found


def hang(products: list[Product], stored: dict[str, list[Picture]]) -> None:
    """Give every product its pictures."""
    Image.objects.bulk_create(
        Image(
            product=product,
            original=picture.original,
            alt=picture.alt,
            position=position,
            width=picture.width,
            height=picture.height,
            renditions=picture.renditions,
        )
        for product in products
        for position, picture in enumerate(stored.get(product.slug, []))
    )


def _store(item: Print, ending: str) -> Picture:
    name = f"{item.slug}{ending}.webp"
    data = (files("bodega.ops.demo") / "pictures" / name).read_bytes()
    _write(f"originals/{name}", data)
    picture = pictures.decode(data)
    sizes = {1600: data, **{width: _scaled(picture, width) for width in SMALLER}}
    renditions = {str(width): _address(content, width) for width, content in sorted(sizes.items())}
    for width, path in renditions.items():
        _write(path, sizes[int(width)])
    alt = VIEWS[ending].format(alt=item.alt, title=item.title)
    return Picture(f"originals/{name}", picture.width, picture.height, renditions, alt)


def _scaled(picture: Any, width: int) -> bytes:
    """WebP, `width` pixels wide."""
    height = round(picture.height * width / picture.width)
    buffer = io.BytesIO()
    picture.resize((width, height), reducing_gap=3).save(
        buffer, "WEBP", quality=pictures.QUALITY, method=QUICK
    )
    return buffer.getvalue()


def _address(data: bytes, width: int) -> str:
    """Named by content, as `catalog.pictures` names its files."""
    return f"{pictures.FOLDER}/{hashlib.sha256(data).hexdigest()[:20]}-{width}.webp"


def _write(path: str, data: bytes) -> None:
    target = Path(settings.MEDIA_ROOT, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(target, data)
