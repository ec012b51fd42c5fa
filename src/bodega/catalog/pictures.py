"""Pictures: three WebP sizes of each upload, and how a page names them.

The sizes are 400, 800 and 1600 pixels wide, upright (EXIF orientation applied), in sRGB, without any
metadata, never larger than the original. Names carry a hash of the content, so they may be cached for
ever and making them again changes nothing. Originals are kept in `originals/`, which is not served.
"""

import hashlib
import io
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings

from bodega.catalog.models import Image
from bodega.catalog.uploads import FORMATS, check_picture, load_pillow
from bodega.lib.files import write_atomically

WIDTHS = (400, 800, 1600)
FOLDER = "img"  # below MEDIA_ROOT; the only folder of it that is public
QUALITY = 82  # WebP; above this files grow faster than pictures improve


class Shown(Protocol):
    """What a page needs of a picture: an Image, or the same columns fetched without one."""

    @property
    def renditions(self) -> Any: ...  # {"400": path, …}
    @property
    def width(self) -> int: ...


def address(image: Shown, width: int = 800) -> str:
    """The address of the size `width` (400, 800 or 1600); "" until the sizes are made."""
    path = image.renditions.get(str(width))
    return f"{settings.MEDIA_URL}{path}" if path else ""


def card_url(image: Shown) -> str:
    """The address of the size that cards show first."""
    return address(image, 400)


def srcset(image: Shown) -> str:
    """All sizes with their true widths, for `<img srcset>`; "" until they are made.

    Sizes above the width of a small original are the same picture and named once.
    """
    by_width: dict[int, str] = {}
    for size in sorted(map(int, image.renditions)):
        by_width.setdefault(min(size, image.width or size), image.renditions[str(size)])
    return ", ".join(f"{settings.MEDIA_URL}{path} {width}w" for width, path in by_width.items())


def resize(image_id: int) -> None:
    """Make the three sizes of a picture and note them on its row. Doing it again changes nothing.

    Raises OSError when the file is missing or broken, ValidationError when it is none we take; an Image
    that was deleted or given another file meanwhile is left alone.
    """
    image = Image.objects.filter(pk=image_id).first()
    if image is None:
        return
    with image.original.open("rb") as file:
        check_picture(file)
        data = file.read()
    upright = decode(data)
    renditions = {str(width): _write(upright, width) for width in WIDTHS}
    Image.objects.filter(pk=image.pk, original=image.original.name).update(
        renditions=renditions, width=upright.width, height=upright.height
    )


def decode(data: bytes) -> Any:
    """The picture as it is meant to be seen: upright, in sRGB, RGB or RGBA. Returns a Pillow Image."""
    from PIL import ImageOps

    picture = load_pillow().open(io.BytesIO(data), formats=FORMATS)
    picture.draft(
        None, (WIDTHS[-1], WIDTHS[-1])
    )  # a large JPEG is read at a half, quarter or eighth
    picture = ImageOps.exif_transpose(picture)
    has_alpha = "A" in picture.getbands() or "transparency" in picture.info
    return _in_srgb(picture, "RGBA" if has_alpha else "RGB")


def _in_srgb(picture: Any, mode: str) -> Any:
    """Convert by the picture's own colour profile; a broken profile is ignored, as browsers do."""
    from PIL import ImageCms

    profile = picture.info.get("icc_profile")
    if not profile or picture.mode not in ("RGB", "CMYK"):
        return picture.convert(mode)
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        target = ImageCms.createProfile("sRGB")
        converted: Any = ImageCms.profileToProfile(picture, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        converted = picture
    return converted.convert(mode)


def _write(picture: Any, width: int) -> str:
    """Write one size below MEDIA_ROOT; returns its path there."""
    data = encode(picture, width)
    path = f"{FOLDER}/{hashlib.sha256(data).hexdigest()[:20]}-{width}.webp"
    target = Path(settings.MEDIA_ROOT, path)
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(target, data)
    return path


def encode(picture: Any, width: int) -> bytes:
    """`picture` as WebP, at most `width` pixels wide, and nothing in the file but the picture."""
    if picture.width > width:
        height = max(1, round(picture.height * width / picture.width))
        picture = picture.resize((width, height), load_pillow().Resampling.LANCZOS)
    buffer = io.BytesIO()
    clean = picture.copy()
    clean.info.clear()
    clean.save(buffer, "WEBP", quality=QUALITY, method=4)
    return buffer.getvalue()
