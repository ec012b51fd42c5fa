"""Who may work here: staff and their roles."""

from django.contrib import admin
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from unfold.forms import (
    AdminPasswordChangeForm,
    UserChangeForm,
    UserCreationForm,
)

from bodega.backoffice.editing import ShopAdmin
from bodega.customers.models import User

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
