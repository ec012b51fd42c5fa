"""The catalogue over HTTP: pages that are the same for everybody and write nothing.

Six queries at most each, the merchant, the menu and the footer included.
"""

from typing import Any, TypeVar

from django.db.models import Model, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.views.decorators.http import require_safe

from bodega.catalog import finding, listing, search, shelves, sitemap, slugs, structured_data
from bodega.catalog.display import Display
from bodega.catalog.models import Category, Collection, Product
from bodega.catalog.navigation import Node, Tree
from bodega.catalog.wishes import PARAMETERS, Wishes, parse
from bodega.lib.pages import same_for_everybody
from bodega.merchant.meta import Meta, summary
from bodega.merchant.models import Merchant

Thing = TypeVar("Thing", bound=Model)
NO_PARAMETERS: tuple[str, ...] = ()


@require_safe
@same_for_everybody(*NO_PARAMETERS)
def home(request: HttpRequest) -> HttpResponse:
    """The front door: what the shop is, what it is proud of, what is new."""
    tree, shop = Tree.load(), Merchant.current()
    meta = Meta("", "/", shop.tagline)
    context = {"shop": shop, "navigation": tree.branches, "meta": meta, "shelves": shelves.load()}
    return render(request, "catalog/home.html", context)


@require_safe
@same_for_everybody(*PARAMETERS)
def category(request: HttpRequest, slug: str) -> HttpResponse:
    """A category with everything below it."""
    tree = Tree.load()
    found = tree.find(slug)
    if found is None:
        return _where_it_is_now(request, Category.objects.all(), slug)
    scope = listing.of_categories(tree.ids_below(found))
    crumbs = [(above.name, above.get_absolute_url()) for above in tree.path(found.pk)]
    context = {"navigation": tree.branches, "category": found, "children": tree.children(found)}
    return _listing(request, found, scope, crumbs, context)


@require_safe
@same_for_everybody(*PARAMETERS)
def collection(request: HttpRequest, slug: str) -> HttpResponse:
    """A hand-picked group."""
    found = Collection.objects.filter(slug=slug).first()
    if found is None:
        return _where_it_is_now(request, Collection.objects.all(), slug)
    crumbs = [(found.name, found.get_absolute_url())]
    return _listing(request, found, listing.of_collection(found), crumbs, {})


@require_safe
@same_for_everybody("variant")
def product(request: HttpRequest, slug: str) -> HttpResponse:
    """A product with one of its variants chosen."""
    shown = Display.find(slug, _number(request.GET.get("variant", "")))
    if shown is None:
        return _where_it_is_now(request, Product.objects.filter(status=Product.Status.ACTIVE), slug)
    tree, shop = Tree.load(), Merchant.current()
    crumbs = [(c.name, c.get_absolute_url()) for c in tree.path(shown.product.category_id)]
    crumbs.append((shown.product.title, shown.product.get_absolute_url()))
    context = {"shop": shop, "navigation": tree.branches, "crumbs": crumbs, "display": shown}
    context["data"] = structured_data.script(
        structured_data.product(shown, shop.currency), structured_data.breadcrumbs(crumbs)
    )
    return render(request, "catalog/product.html", {**context, "meta": shown.meta})


@require_safe
@same_for_everybody("q", *PARAMETERS)
def find(request: HttpRequest) -> HttpResponse:
    """Search results; without words, a form and what is new."""
    query, shop = finding.tidy(request.GET.get("q", "")), Merchant.current()
    wishes = parse(request.GET, shop.currency)
    try:
        found = finding.find(query, wishes, shop)
    except listing.NoSuchPage as error:
        raise Http404(str(error)) from None
    title = f"Results for “{query}”" if query else "Search"
    meta = Meta(title, "/search/", is_indexed=False)
    context = {"shop": shop, "meta": meta, "found": found, "query": query, "listing": found.listing}
    return render(request, "catalog/search.html", context)


@require_safe
@same_for_everybody("q")
def suggestions(request: HttpRequest) -> HttpResponse:
    """A list of links for the search box, as a fragment of a page; empty when there is nothing."""
    found = search.suggest(finding.tidy(request.GET.get("q", "")))
    return render(request, "catalog/suggestions.html", {"suggestions": found})


@require_safe
@same_for_everybody("part")
def site_map(request: HttpRequest) -> HttpResponse:
    """sitemap.xml; in a large shop an index of its parts, `?part=1` and so on."""
    count, part = sitemap.parts(), _number(request.GET.get("part", ""))
    context: dict[str, Any]
    if part is not None and not 1 <= part <= count:
        raise Http404(f"The sitemap has {count} parts.")
    if count > 1 and part is None:
        template, context = "catalog/sitemap_index.xml", {"parts": sitemap.addresses(count)}
    else:
        template, context = "catalog/sitemap.xml", {"entries": sitemap.entries(part or 1)}
    return render(request, template, context, content_type="application/xml; charset=utf-8")


@require_safe
@same_for_everybody(*NO_PARAMETERS)
def robots(_request: HttpRequest) -> HttpResponse:
    """robots.txt"""
    return HttpResponse(sitemap.robots(), content_type="text/plain; charset=utf-8")


def _listing(
    request: HttpRequest,
    about: Node | Collection,
    scope: listing.Scope,
    crumbs: list[tuple[str, str]],
    context: dict[str, Any],
) -> HttpResponse:
    shop = Merchant.current()
    wishes = parse(request.GET, shop.currency)
    try:
        shown = listing.show(scope, wishes, shop)
    except listing.NoSuchPage as error:
        raise Http404(str(error)) from None
    context |= {"shop": shop, "about": about, "listing": shown, "crumbs": crumbs}
    context["meta"] = _meta(about, wishes)
    context["data"] = structured_data.script(structured_data.breadcrumbs(crumbs))
    return render(request, "catalog/listing.html", context)


def _meta(about: Node | Collection, wishes: Wishes) -> Meta:
    """Narrowed and sorted listings are known under the address of the whole one."""
    is_whole = not wishes.are_narrowing and wishes.sort == "featured"
    page = f"?page={wishes.page}" if is_whole and wishes.page > 1 else ""
    return Meta(
        title=about.seo_title or about.name,
        path=about.get_absolute_url() + page,
        description=about.seo_description or summary(about.description),
    )


def _where_it_is_now(
    request: HttpRequest, things: QuerySet[Thing], slug: str
) -> HttpResponsePermanentRedirect:
    """301 to the new address of what had this slug. Raises Http404 when nothing had."""
    found: Any = slugs.moved(things, slug)
    if found is None:
        raise Http404(f"There is no {things.model._meta.verbose_name} under this address.")
    query = request.META.get("QUERY_STRING", "")
    address = found.get_absolute_url()
    return HttpResponsePermanentRedirect(f"{address}?{query}" if query else address)


def _number(text: str | None) -> int | None:
    """A row's number in an address; None for anything else."""
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 19 else None
