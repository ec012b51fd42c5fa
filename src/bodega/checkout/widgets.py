"""The checkout's inputs, written as strings; names and markup are Django's.

Django renders each widget, and each of a select's options, through a template of its own: with two lists
of 250 countries and twenty fields that was 10 of the page's 19 ms.
"""

from functools import lru_cache
from typing import Any

from django import forms
from django.forms.utils import flatatt
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

Attributes = dict[str, Any]


class TextInput(forms.TextInput):
    """A line of text; other kinds of input by the attribute `type`."""

    def render(
        self,
        name: str,
        value: Any,
        attrs: Attributes | None = None,
        renderer: Any = None,  # noqa: ARG002 - Django's signature
    ) -> SafeString:
        told = {"type": self.input_type, "name": name} | self.build_attrs(self.attrs, attrs)
        shown = self.format_value(value)
        return format_html("<input{}>", flatatt(told if shown is None else told | {"value": shown}))


class CheckboxInput(forms.CheckboxInput):
    """A tick."""

    def render(
        self,
        name: str,
        value: Any,
        attrs: Attributes | None = None,
        renderer: Any = None,  # noqa: ARG002 - Django's signature
    ) -> SafeString:
        told = {"type": "checkbox", "name": name} | self.build_attrs(self.attrs, attrs)
        return format_html("<input{}>", flatatt(told | {"checked": self.check_test(value)}))


class Textarea(forms.Textarea):
    """Several lines of text."""

    def render(
        self,
        name: str,
        value: Any,
        attrs: Attributes | None = None,
        renderer: Any = None,  # noqa: ARG002 - Django's signature
    ) -> SafeString:
        told = flatatt({"name": name} | self.build_attrs(self.attrs, attrs))
        return format_html("<textarea{}>\n{}</textarea>", told, self.format_value(value) or "")


class Select(forms.Select):
    """One of a long list."""

    def render(
        self,
        name: str,
        value: Any,
        attrs: Attributes | None = None,
        renderer: Any = None,  # noqa: ARG002 - Django's signature
    ) -> SafeString:
        options = _options(tuple(self.choices))
        for chosen in self.format_value(value):
            mark = format_html('<option value="{}"', chosen)
            options = options.replace(f"{mark}>", f"{mark} selected>", 1)
        told = flatatt({"name": name} | self.build_attrs(self.attrs, attrs))
        return format_html("<select{}>{}</select>", told, mark_safe(options))  # noqa: S308 - see below


@lru_cache(maxsize=64)
def _options(choices: tuple[tuple[str, str], ...]) -> str:
    return "".join(format_html('<option value="{}">{}</option>', *choice) for choice in choices)
