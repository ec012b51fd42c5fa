"""The merchant's own pages over HTTP."""

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bodega.lib.pages import same_for_everybody
from bodega.merchant import pages
from bodega.merchant.meta import Meta, summary

NOTHING: tuple[str, ...] = ()


@require_safe
@same_for_everybody(*NOTHING)
def page(request: HttpRequest, slug: str) -> HttpResponse:
    """A page of text."""
    found = pages.find(slug)
    if found is None:
        raise Http404("There is no such page.")
    meta = Meta(found.title, found.get_absolute_url(), summary(found.body), kind="article")
    return render(request, "merchant/page.html", {"text": found, "meta": meta})
