"""One view: POST keeps an entry, GET lists them."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_http_methods

from bodega.databases.durability import write
from guestbook.models import Entry


@require_http_methods(["GET", "POST"])
def entries(request: HttpRequest) -> HttpResponse:
    """Plain text "kept" with 201, or all texts as JSON."""
    if request.method == "POST":
        with write("default"):  # leaves the block when the entry survives a power cut
            Entry.objects.create(text=request.POST["text"])
        return HttpResponse("kept\n", "text/plain", 201)
    return JsonResponse({"entries": list(Entry.objects.values_list("text", flat=True))})
