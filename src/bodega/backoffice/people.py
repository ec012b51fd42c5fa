"""Who may work here: staff and their roles, and a throttled login."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from unfold.forms import (
    AdminPasswordChangeForm,
    AuthenticationForm,
    UserChangeForm,
    UserCreationForm,
)

from bodega.backoffice import throttling
from bodega.backoffice.editing import ShopAdmin
from bodega.customers.models import User


class ThrottledLogin(AuthenticationForm):  # type: ignore[misc]  # unfold has no types
    """The staff login; after some failures it makes the next ones wait."""

    def clean(self) -> Any:
        email = self.cleaned_data.get("username", "").lower()
        address = self.request.META.get("REMOTE_ADDR", "") if self.request else ""
        wait = throttling.seconds_to_wait(email, address)
        if wait:
            raise forms.ValidationError(
                f"Too many failed logins. Try again in {max(1, round(wait / 60))} minutes."
            )
        try:
            return super().clean()
        except forms.ValidationError:
            throttling.note_failure(email, address)
            raise

    def clean_username(self) -> str:
        return str(self.cleaned_data["username"]).lower()


admin.site.unregister(Group)


@admin.register(Group)
class RoleAdmin(GroupAdmin, ShopAdmin):
    """Roles."""


@admin.register(User)
class PersonAdmin(UserAdmin, ShopAdmin):  # type: ignore[type-arg]  # UserAdmin is generic only for checkers
    form = UserChangeForm
    add_form = UserCreationForm
    change_password_form = AdminPasswordChangeForm
    list_display = ("email", "first_name", "last_name", "is_staff", "is_active", "last_login")
    list_filter = ("is_staff", "is_active", "groups")
    search_fields = ("email", "first_name", "last_name")
    ordering = ("email",)
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        ("Name", {"fields": (("first_name", "last_name"),)}),
        (
            "May",
            {"fields": (("is_active", "is_staff", "is_superuser"), "groups", "user_permissions")},
        ),
        ("Dates", {"fields": (("last_login", "date_joined"),)}),
    )
    add_fieldsets = ((None, {"fields": ("email", "password1", "password2", "is_staff")}),)
