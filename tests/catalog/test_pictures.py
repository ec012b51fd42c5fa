"""Three sizes of every picture, upright, clean, and the same whenever they are made."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from PIL import Image as Pillow
from PIL import ImageCms

from bodega.catalog import pictures
from bodega.catalog.models import Image
from bodega.outbox.models import Message
from tests.catalog.conftest import MakeProduct
from tests.catalog.pictures_for_tests import draw, upload

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: Any) -> Path:
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


@pytest.fixture
def make_image(make_product: MakeProduct) -> Any:
    def make(data: bytes, name: str = "picture.jpg") -> Image:
        product = make_product("Dunes")
        return Image.objects.create(product=product, original=upload(data, name))

    return make


def made(image: Image) -> dict[int, Any]:
    """The renditions as Pillow pictures, by the width they were made for."""
    pictures.resize(image.pk)
    image.refresh_from_db()
    folder = Path(image.original.storage.base_location)
    return {
        int(width): Pillow.open(io.BytesIO((folder / path).read_bytes()))
        for width, path in image.renditions.items()
    }


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_three_webp_sizes_are_made(kind: str, make_image: Any) -> None:
    sizes = made(make_image(draw(2000, 1000, kind)))
    assert {width: size.size for width, size in sizes.items()} == {
        400: (400, 200),
        800: (800, 400),
        1600: (1600, 800),
    }
    assert {size.format for size in sizes.values()} == {"WEBP"}


def test_nothing_is_made_larger_than_it_is(make_image: Any) -> None:
    image = make_image(draw(600, 300))
    assert {width: size.size for width, size in made(image).items()} == {
        400: (400, 200),
        800: (600, 300),
        1600: (600, 300),
    }
    assert [part.split()[-1] for part in pictures.srcset(image).split(", ")] == ["400w", "600w"]


def test_a_large_jpeg_is_read_small_and_shown_in_the_same_proportions(make_image: Any) -> None:
    sizes = made(make_image(draw(3200, 3200)))
    assert sizes[1600].size == (1600, 1600)


def test_pictures_are_turned_upright(make_image: Any) -> None:
    exif = Pillow.Exif()
    exif[0x0112] = 6  # rotate by 90° to show
    image = make_image(draw(800, 400, exif=exif))
    upright = made(image)[400]
    assert upright.size == (400, 800)
    assert (image.width, image.height) == (400, 800)
    red, white = upright.getpixel((200, 100)), upright.getpixel((200, 700))
    assert red[1] < 60 < 200 < white[1]


def test_no_metadata_is_left(make_image: Any) -> None:
    exif = Pillow.Exif()
    exif[0x010E] = "taken at home, 52.5 N"
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = make_image(draw(500, 500, exif=exif, icc_profile=profile, comment=b"secret"))
    for size in made(image).values():
        assert not dict(size.getexif())
        assert not {"exif", "icc_profile", "xmp", "comment"} & set(size.info)


def test_transparency_stays(make_image: Any) -> None:
    buffer = io.BytesIO()
    Pillow.new("RGBA", (500, 500), (255, 0, 0, 0)).save(buffer, "PNG")
    assert made(make_image(buffer.getvalue()))[400].getpixel((9, 9))[3] == 0


@pytest.mark.parametrize("mode", ["L", "CMYK"])
def test_other_kinds_of_colour_become_rgb(mode: str, make_image: Any) -> None:
    assert made(make_image(draw(500, 500, "JPEG", mode)))[400].mode == "RGB"


def test_a_broken_colour_profile_is_ignored(make_image: Any) -> None:
    assert made(make_image(draw(500, 500, icc_profile=b"nonsense")))[400].size == (400, 400)


def test_making_them_again_changes_nothing(make_image: Any, media: Path) -> None:
    image = make_image(draw(900, 900))
    made(image)
    before = {path: path.stat().st_mtime_ns for path in (media / "img").iterdir()}
    renditions = dict(image.renditions)
    made(image)
    assert image.renditions == renditions
    assert {path: path.stat().st_mtime_ns for path in (media / "img").iterdir()} == before


def test_names_carry_the_content(make_image: Any) -> None:
    red, square = make_image(draw(900, 900)), make_image(draw(901, 900))
    made(red)
    made(square)
    assert not set(red.renditions.values()) & set(square.renditions.values())


def test_an_upload_asks_for_its_sizes_in_the_same_transaction(make_image: Any) -> None:
    image = make_image(draw(900, 900))
    message = Message.objects.get()
    assert "resize_picture" in message.task
    image.alt = "Dunes"
    image.save()
    assert Message.objects.count() == 1
    image.original = upload(draw(500, 500))
    image.save()
    assert Message.objects.count() == 2


def test_an_upload_that_is_rolled_back_asks_for_nothing(make_image: Any) -> None:
    with transaction.atomic():
        make_image(draw(900, 900))
        transaction.set_rollback(True)
    assert not Message.objects.exists()


def test_another_file_forgets_the_old_sizes(make_image: Any) -> None:
    image = make_image(draw(900, 900))
    made(image)
    image.original = upload(draw(500, 500))
    image.save()
    image.refresh_from_db()
    assert image.renditions == {}
    assert pictures.srcset(image) == pictures.card_url(image) == ""


def test_an_image_deleted_meanwhile_is_left_alone(make_image: Any, media: Path) -> None:
    image = make_image(draw(900, 900))
    Image.objects.all().delete()
    pictures.resize(image.pk)
    assert not (media / "img").exists()


def test_a_file_that_is_no_picture_fails_the_job_visibly(make_image: Any) -> None:
    image = make_image(draw(900, 900))
    Path(image.original.path).write_bytes(b"broken")
    with pytest.raises(ValidationError):
        pictures.resize(image.pk)
    Path(image.original.path).unlink()
    with pytest.raises(FileNotFoundError):
        pictures.resize(image.pk)


def test_addresses_are_below_media(make_image: Any) -> None:
    image = make_image(draw(900, 900))
    made(image)
    assert pictures.address(image, 1600) == f"/media/{image.renditions['1600']}"
    assert pictures.card_url(image).startswith("/media/img/")


def test_decoding_gives_what_was_drawn() -> None:
    picture = pictures.decode(draw(100, 50, "PNG"))
    again = Pillow.open(io.BytesIO(pictures.encode(picture, 1600)))
    assert (picture.size, again.size) == ((100, 50), (100, 50))
