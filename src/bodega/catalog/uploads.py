"""What may be uploaded as a picture: decided by content and size, never by the file's name.

Only headers are read here: a picture of 50 megapixels is decoded once, by the worker.
"""

from types import ModuleType
from typing import BinaryIO

from django.core.exceptions import ValidationError
from django.core.files import File
from django.core.files.storage import FileSystemStorage

FORMATS = ("JPEG", "PNG", "WEBP")  # Pillow's names
LARGEST_FILE = 20_000_000  # bytes
LARGEST_PICTURE = 50_000_000  # pixels, width × height


def originals() -> FileSystemStorage:
    """Where uploads are kept as they came. Their address is the back office's: only staff sees them."""
    return FileSystemStorage(base_url="/backoffice/")


def check_picture(upload: "File[bytes] | BinaryIO") -> None:
    """Refuse what is no JPEG, PNG or WebP, or too large: ValidationError that states the limit."""
    size = getattr(upload, "size", 0) or 0
    if size > LARGEST_FILE:
        raise ValidationError(
            f"This file has {size / 1e6:.1f} MB; a picture may have {LARGEST_FILE // 1_000_000} MB."
            " Save it as JPEG or scale it down to 3000 pixels."
        )
    found = read_header(upload)
    if found is None:
        raise ValidationError(
            "This file is not a picture we can read. Upload a JPEG, PNG or WebP file."
        )
    width, height = found
    if width * height > LARGEST_PICTURE:
        raise ValidationError(
            f"This picture has {width} × {height} pixels ({width * height / 1e6:.0f} megapixels);"
            f" it may have {LARGEST_PICTURE // 1_000_000} megapixels. Scale it down, please."
        )


def read_header(upload: "File[bytes] | BinaryIO") -> tuple[int, int] | None:
    """Width and height in pixels as the file's header says, or None when it is no picture of ours."""
    pillow = load_pillow()
    position = upload.tell()
    try:
        upload.seek(0)
        with pillow.open(upload, formats=FORMATS) as picture:
            return int(picture.width), int(picture.height)
    except (OSError, ValueError, SyntaxError):  # what Pillow's plugins raise for what is not theirs
        return None
    finally:
        upload.seek(position)


def load_pillow() -> ModuleType:
    """Pillow's Image module, loaded on first use: 10 MB that a process serving pages rarely needs.

    Its own alarm at 89 megapixels is off: our limit is lower and refuses with a sentence.
    """
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = None
    return Image
