"""The checkout's inputs, written as strings; names and markup are Django's.

Django renders each widget, and each of a select's options, through a template of its own: with two lists
of 250 countries and twenty fields that was 10 of the page's 19 ms.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from html import escape
from typing import Any

from django import forms
from django.utils.safestring import SafeString, mark_safe

Attributes = dict[str, Any]


class Written(forms.Widget):
    """A widget whose HTML is what `html` makes of its attributes and value."""

    html: Callable[[Attributes, Any], str]

    def render(
        self,
        name: str,
        value: Any,
        attrs: Attributes | None = None,
        renderer: Any = None,  # noqa: ARG002 - Django's signature
    ) -> SafeString:
        told = {"name": name} | self.build_attrs(self.attrs, attrs)
        return mark_safe(self.html(told, value))  # noqa: S308 - everything is escaped below


class TextInput(Written, forms.TextInput):
    """A line of text; other kinds of input by the attribute `type`."""

    def html(self, told: Attributes, value: Any) -> str:
        shown = self.format_value(value)
        return f"<input{written({'type': self.input_type} | told | {'value': shown})}>"


class CheckboxInput(Written, forms.CheckboxInput):
    """A tick."""

    def html(self, told: Attributes, value: Any) -> str:
        return (
            f"<input{written({'type': 'checkbox'} | told | {'checked': self.check_test(value)})}>"
        )


class Textarea(Written, forms.Textarea):
    """Several lines of text."""

    def html(self, told: Attributes, value: Any) -> str:
        return f"<textarea{written(told)}>\n{escape(self.format_value(value) or '')}</textarea>"


class Select(Written, forms.Select):
    """One of a long list."""

    def html(self, told: Attributes, value: Any) -> str:
        options = _options(tuple(self.choices))
        for chosen in self.format_value(value):
            mark = f'<option value="{escape(chosen)}"'
            options = options.replace(f"{mark}>", f"{mark} selected>", 1)
        return f"<select{written(told)}>{options}</select>"


def written(attributes: Mapping[str, Any]) -> str:
    """Attributes behind an element's name, as Django's `flatatt` reads them: True is one without a
    value, False and None are none."""
    return "".join(
        f" {name}" if value is True else f' {name}="{escape(str(value))}"'
        for name, value in attributes.items()
        if value is not None and value is not False
    )


@lru_cache(maxsize=64)
def _options(choices: tuple[tuple[str, str], ...]) -> str:
    return "".join(
        f'<option value="{escape(value)}">{escape(label)}</option>' for value, label in choices
    )
