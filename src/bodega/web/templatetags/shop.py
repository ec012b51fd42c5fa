"""Template tags and filters of the shop; built in, no `{% load %}` needed."""

from typing import Any

import markdown as md
import nh3
from babel import Locale
from django import template
from django.core.files.storage import default_storage
from django.core.paginator import Paginator
from django.utils.safestring import SafeString, mark_safe

from bodega.catalog.models import Image
from bodega.lib.money import Money

register = template.Library()


@register.filter
def money(amount: int, currency: str) -> str:
    """`{{ 1250|money:"EUR" }}` → €12.50"""
    return str(Money(amount, currency))


@register.simple_tag(takes_context=True)
def price(context: template.Context, amount: int) -> str:
    """`{% price variant.price %}`: minor units of the shop's currency, in the shop's language."""
    shop: Any = context["shop"]
    return Money(amount, shop.currency).display(shop.language)


@register.filter
def country(code: str, language: str = "en") -> str:
    """`{{ "DE"|country }}` → Germany. An unknown code stays as it is."""
    return Locale.parse(language, sep="-").territories.get(code, code)


@register.filter
def markdown(text: str) -> SafeString:
    """A merchant's Markdown as clean HTML: whatever could run or frame is taken out."""
    html = md.markdown(text, extensions=["tables", "sane_lists"])
    return mark_safe(nh3.clean(html))  # noqa: S308 - cleaned on this line


@register.filter
def srcset(image: Image) -> str:
    """The three sizes for `<img srcset>`, by width in pixels; empty until they are made."""
    longest = max(image.width, image.height) or 1
    found = sorted((int(size), path) for size, path in image.renditions.items())
    return ", ".join(
        f"{default_storage.url(path)} {max(1, min(size, longest) * image.width // longest)}w"
        for size, path in found
    )


@register.filter
def rendition(image: Image, size: int = 800) -> str:
    """Address of the picture at about `size` pixels; the original until the sizes are made."""
    path = image.renditions.get(str(size))
    return default_storage.url(path) if path else str(image.original.url)


@register.filter
def page_numbers(paginator: Paginator[Any], current: int) -> list[int | None]:
    """Page numbers to offer around `current`; None is a gap."""
    elided = paginator.get_elided_page_range(current, on_each_side=1, on_ends=1)
    return [number if isinstance(number, int) else None for number in elided]
