"""Pages that are the same for everybody, so that they may be kept and served without Django.

The promise is made by the view and kept by construction: the decorated view is not told who asks (no
cookies, no session, no user, no messages) nor which query parameters it has not declared, so its page
cannot depend on them (design 4.6). `bodega.web.pages` recognises such a page by the header `MARK`,
which names the parameters that count, and removes it.
"""

from collections.abc import Callable
from functools import lru_cache, wraps
from typing import Concatenate, ParamSpec, overload
from urllib.parse import parse_qsl, urlencode

from django.http import HttpRequest, HttpResponseBase, QueryDict

MARK = "X-Bodega-Page"
EVERY_PARAMETER = ("*",)
# What advertising networks append to links. No page may depend on them, and they must not make a
# new entry of the page cache for every click.
TRACKING = frozenset({"gclid", "fbclid", "msclkid", "dclid", "mc_cid", "mc_eid", "igshid"})

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


@overload
def same_for_everybody(view: View[P], /) -> View[P]: ...
@overload
def same_for_everybody(*parameters: str) -> Callable[[View[P]], View[P]]: ...
def same_for_everybody(*arguments: View[P] | str) -> View[P] | Callable[[View[P]], View[P]]:
    """Declare that a view's page depends on nothing but path, query and language.

    `@same_for_everybody("page", "sort")`: only these parameters count, the view sees no others.
    `@same_for_everybody` alone: every parameter counts (facets, whose names are rows), except those
    of advertising networks. Applies to GET and HEAD; only an answer of status 200 is kept.
    """
    if len(arguments) == 1 and callable(arguments[0]):
        return _anonymous(arguments[0], EVERY_PARAMETER)
    names = tuple(str(name) for name in arguments)
    return lambda view: _anonymous(view, names)


def _anonymous(view: View[P], parameters: tuple[str, ...]) -> View[P]:
    @wraps(view)
    def same(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.method not in {"GET", "HEAD"}:
            return view(request, *args, **kwargs)
        forget_visitor(request)
        keep_parameters(request, parameters)
        response = view(request, *args, **kwargs)
        if response.status_code == 200 and not response.streaming:
            response.headers[MARK] = ",".join(parameters)
        return response

    return same


def forget_visitor(request: HttpRequest) -> None:
    """Take away everything that says who asks; a view that looks for it fails at once, and loudly."""
    request.COOKIES = {}
    request.META.pop("HTTP_COOKIE", None)
    for attribute in ("session", "user", "auser", "_messages"):
        if hasattr(request, attribute):
            delattr(request, attribute)


def keep_parameters(request: HttpRequest, parameters: tuple[str, ...]) -> None:
    """Let the request have only the parameters that count, in a fixed order."""
    raw = str(request.META.get("QUERY_STRING", "")).encode("latin-1", "replace")
    query = canonical_query(raw, parameters)
    request.META["QUERY_STRING"] = query
    request.GET = QueryDict(query)


@lru_cache(maxsize=512)
def canonical_query(raw: bytes, parameters: tuple[str, ...]) -> str:
    """The query string a page is rendered from and kept under: what counts, sorted, encoded alike."""
    if not raw:
        return ""
    pairs = parse_qsl(raw.decode("utf-8", "replace"), keep_blank_values=True)
    if parameters == EVERY_PARAMETER:
        kept = [pair for pair in pairs if pair[0] not in TRACKING and pair[0][:4] != "utm_"]
    else:
        kept = [pair for pair in pairs if pair[0] in parameters]
    return urlencode(sorted(kept))
