"""What happens to every request and answer of Django: headers that protect, and who may post."""

from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from bodega.databases.naming import rename

Handler = Callable[[HttpRequest], HttpResponseBase]
View = Callable[..., HttpResponseBase]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})

ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    # Addresses of order pages are secrets: other sites learn none of ours.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def policy(**directives: str) -> str:
    """A Content-Security-Policy from its directives: `script_src="'self'"`."""
    return "; ".join(f"{name.replace('_', '-')} {value}" for name, value in directives.items())


def shop_policy(banks: list[str]) -> str:
    """The shop's: nothing inline, nothing from elsewhere.

    `banks`: origins a form may end at. Chromium applies form-action to the redirects after a POST
    too, and checkout redirects to the payment page.
    """
    return policy(
        default_src="'self'",
        img_src="'self' data:",
        object_src="'none'",
        base_uri="'none'",
        frame_ancestors="'none'",
        form_action=" ".join(["'self'", *banks]),
    )


# django-unfold is driven by Alpine.js, which compiles the expressions in its attributes
# ('unsafe-eval') and, like the admin itself, sets styles and handlers inline. Behind a staff login.
BACKOFFICE_POLICY = policy(
    default_src="'self'",
    script_src="'self' 'unsafe-inline' 'unsafe-eval'",
    style_src="'self' 'unsafe-inline'",
    img_src="'self' data: blob:",
    object_src="'none'",
    base_uri="'none'",
    frame_ancestors="'none'",
    form_action="'self'",
)


class SecurityHeaders:
    """Outermost: every answer of Django gets the headers, error pages too."""

    def __init__(self, handle: Handler) -> None:
        self.handle = handle
        banks = ["https://checkout.stripe.com"]
        if settings.FAKESTRIPE_URL:
            parts = urlsplit(settings.FAKESTRIPE_URL)
            banks.append(f"{parts.scheme}://{parts.netloc}")
        self.shop_policy = shop_policy(banks)

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.handle(request)
        is_backoffice = request.path.startswith("/backoffice/")
        headers = {
            **ALWAYS,
            "Content-Security-Policy": BACKOFFICE_POLICY if is_backoffice else self.shop_policy,
            "Cache-Control": "private, no-cache",
        }
        # Whether the public address is https, not whether this hop was: a kept page is everybody's.
        if settings.SECURE_HSTS_SECONDS:
            headers["Strict-Transport-Security"] = f"max-age={settings.SECURE_HSTS_SECONDS}"
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        return response


class NamedWork:
    """Gives what a request writes the name of its view, for waits, logs and `bodega doctor`."""

    def __init__(self, handle: Handler) -> None:
        self.handle = handle

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.handle(request)

    def process_view(
        self, _request: HttpRequest, view: View, _args: object, _kwargs: object
    ) -> None:
        """Django's hook before a view. The address would tell secrets; the view's name does not."""
        rename(f"view {view.__module__}.{getattr(view, '__qualname__', type(view).__name__)}")


class SameOriginPosts:
    """Refuses what another site makes a visitor's browser send (CSRF), without tokens in pages.

    The reasoning is in docs/decisions/0002-origin-checks.md. A view that proves in another way who
    sends (a signature) is decorated with Django's `csrf_exempt`.
    """

    def __init__(self, handle: Handler) -> None:
        self.handle = handle

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.handle(request)

    def process_view(
        self, request: HttpRequest, view: View, _args: object, _kwargs: object
    ) -> HttpResponse | None:
        """Django's hook before a view. Raises PermissionDenied with a sentence for the visitor."""
        if request.method in SAFE_METHODS or getattr(view, "csrf_exempt", False):
            return None
        if not is_same_origin(request):
            raise PermissionDenied(
                "This form was sent from another site, so nothing was done. "
                "Open the page in this shop and send it again."
            )
        return None


def is_same_origin(request: HttpRequest) -> bool:
    """Whether a request was caused by one of our own pages, or by no browser at all."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.get_host()
