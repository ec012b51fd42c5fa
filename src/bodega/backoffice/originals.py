"""Pictures as they were uploaded: for staff only, the shop serves its own renditions."""

from django.contrib.admin.views.decorators import staff_member_required
from django.http import FileResponse, Http404, HttpRequest
from django.views.decorators.http import require_safe

from bodega.catalog.models import Image


@require_safe
@staff_member_required
def original(_request: HttpRequest, name: str) -> FileResponse:
    """The upload of a picture that exists; the name is looked up, never joined to a path."""
    image = Image.objects.filter(original=f"originals/{name}").first()
    if image is None or not image.original.storage.exists(image.original.name or ""):
        raise Http404("There is no such picture.")
    return FileResponse(image.original.open(), headers={"Cache-Control": "private, no-cache"})
