from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from bodega.catalog.models import Image, Variant

pytestmark = pytest.mark.django_db


@pytest.fixture
def image(variant: Variant) -> Image:
    image = Image(product=variant.product)
    name = image.original.storage.save("originals/dawn.webp", ContentFile(b"as uploaded"))
    Image.objects.bulk_create([Image(product=variant.product, original=name, width=1, height=1)])
    return Image.objects.get()


def test_staff_sees_the_upload_where_the_form_links_to(office: Client, image: Image) -> None:
    answer = office.get(image.original.url)
    assert b"".join(answer.streaming_content) == b"as uploaded"  # type: ignore[attr-defined]  # a file
    assert answer["Content-Type"] == "image/webp"


def test_strangers_do_not(client: Client, image: Image) -> None:
    assert client.get(image.original.url).status_code == 302


@pytest.mark.parametrize("name", ["nothing.webp", "../../secret.key", "%2e%2e/volume.json"])
def test_only_pictures_of_the_catalogue_are_served(office: Client, image: Image, name: str) -> None:
    assert office.get(f"/backoffice/originals/{name}").status_code == 404


def test_a_file_that_is_gone_is_not_found(office: Client, image: Image) -> None:
    Path(image.original.path).unlink()
    assert office.get(image.original.url).status_code == 404
