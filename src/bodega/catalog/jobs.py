"""What the worker does for the catalogue. At least once each; doing it twice changes nothing."""

from django_tasks import task

from bodega.catalog import pictures


@task()
def resize_picture(image_id: int) -> None:
    """Make a picture's three sizes after its upload."""
    pictures.resize(image_id)
