"""Uploads are judged by what they are, and refused with the limit in the sentence."""

import subprocess
import sys

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from bodega.catalog.uploads import check_picture, read_header
from tests.catalog.pictures_for_tests import draw, huge_png, upload


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_pictures_are_taken_whatever_their_name(kind: str) -> None:
    file = upload(draw(30, 20, kind), "notes.txt")
    check_picture(file)
    assert read_header(file) == (30, 20)
    assert file.tell() == 0


@pytest.mark.parametrize(
    "data",
    [b"", b"hello", b"<svg/>", b"%PDF-1.7", draw(9, 9, "GIF"), draw(9, 9, "TIFF"), b"\xff\xd8\xff"],
)
def test_what_is_no_picture_of_ours_is_refused_even_if_it_is_called_jpg(data: bytes) -> None:
    with pytest.raises(ValidationError, match="Upload a JPEG, PNG or WebP"):
        check_picture(upload(data, "photo.jpg"))


@pytest.mark.parametrize(
    ("width", "height"), [(10_000, 5_001), (60_000, 60_000), (2**31 - 1, 2**31 - 1)]
)
def test_too_many_pixels_are_refused_by_the_header(width: int, height: int) -> None:
    with pytest.raises(ValidationError, match="may have 50 megapixels"):
        check_picture(upload(huge_png(width, height)))


def test_fifty_megapixels_are_taken() -> None:
    check_picture(upload(huge_png(10_000, 5_000)))
    assert read_header(upload(huge_png(10_000, 5_000))) == (10_000, 5_000)


def test_too_many_bytes_are_refused() -> None:
    with pytest.raises(ValidationError, match="a picture may have 20 MB"):
        check_picture(upload(draw(9, 9) + bytes(20_000_000)))


@given(cut=st.integers(0, 600), noise=st.binary(max_size=40))
def test_no_bytes_make_it_stumble(cut: int, noise: bytes) -> None:
    found = read_header(upload(draw(30, 20, "PNG")[:cut] + noise))
    assert found is None or len(found) == 2


def test_a_process_that_only_serves_pages_does_not_load_pillow() -> None:
    code = (
        "import os, sys; os.environ['BODEGA_MODE'] = 'test'; import bodega.testing, django;"
        "os.environ['DJANGO_SETTINGS_MODULE'] = 'bodega.settings'; django.setup();"
        "import bodega.catalog.views, bodega.catalog.pictures;"
        "sys.exit('PIL.JpegImagePlugin' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
