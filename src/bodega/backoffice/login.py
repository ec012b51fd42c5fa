"""The staff login; a module of its own because unfold imports it before its site exists."""

from typing import Any

from django import forms
from unfold.forms import AuthenticationForm

from bodega.backoffice import throttling


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
