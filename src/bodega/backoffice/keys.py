"""API keys: made here, shown once, revoked here."""

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from bodega.backoffice.editing import ShopAdmin, actor_of
from bodega.customers import keys
from bodega.customers.models import ApiKey
from bodega.lib.clock import utc_now


@admin.register(ApiKey)
class KeyAdmin(ShopAdmin):
    list_display = ("name", "begins", "may_write", "created_by", "last_used_at", "revoked_at")
    list_filter = ("may_write", ("revoked_at", admin.EmptyFieldListFilter))
    search_fields = ("name", "prefix")
    fields = ("name", "may_write")
    actions = ("revoke",)

    def has_change_permission(self, _request: HttpRequest, _obj: ApiKey | None = None) -> bool:
        return False

    def has_delete_permission(self, _request: HttpRequest, _obj: ApiKey | None = None) -> bool:
        return False  # revoked keys stay: timelines name them

    @admin.display(description="begins with", ordering="prefix")
    def begins(self, key: ApiKey) -> str:
        return f"{key.prefix}…"

    def add_view(
        self, request: HttpRequest, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Not the admin's way, which redirects: the answer is the only place the secret is ever in."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        form = self.get_form(request)(request.POST or None)
        if request.method == "POST" and form.is_valid():
            return self.show_once(request, form.cleaned_data)
        page: HttpResponse = super().add_view(request, form_url, extra_context)
        return page

    def show_once(self, request: HttpRequest, said: dict[str, Any]) -> HttpResponse:
        """Make the key and show its secret."""
        who = actor_of(request)
        key, secret = keys.make(said["name"], may_write=said["may_write"], actor=who, now=utc_now())
        words = {
            **admin.site.each_context(request),
            "title": f"API key “{key.name}”",
            "key": key,
            "secret": secret,
        }
        return render(request, "backoffice/key_made.html", words)

    @admin.action(description="Revoke: the key opens nothing any more", permissions=["add"])
    def revoke(self, request: HttpRequest, chosen: "QuerySet[ApiKey]") -> None:
        count = sum(keys.revoke(key, now=utc_now()) for key in chosen)
        messages.success(request, f"{count} keys were revoked.")
