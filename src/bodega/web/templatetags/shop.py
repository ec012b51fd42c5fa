"""Template tags and filters of the shop; built in, no `{% load %}` needed."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any, NamedTuple

import markdown as md
import nh3
from babel import Locale
from django import template
from django.core.paginator import Paginator
from django.forms import BoundField
from django.template.loader import render_to_string
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from bodega.catalog import pictures
from bodega.catalog.models import Image
from bodega.catalog.offers import KEPT_CARDS, Card, Picture
from bodega.lib.money import Money

register = template.Library()

KEPT_PARTS = 1_024  # footers, headers, pictures, as HTML; 1 KB each
CONTROL = mark_safe("\ue000")  # where a field's control goes: no text has it, it is private to us
KEPT_TEXTS = 256  # a merchant's texts, as HTML
VALUES = (str, int, type(None))
TILE = 4 / 5  # width to height of the tile a picture is shown in
NEARLY = 0.03
WIDE = 1.15


@register.filter
def money(amount: int, currency: str) -> str:
    """`{{ 1250|money:"EUR" }}` → €12.50"""
    return str(Money(amount, currency))


@register.simple_tag(takes_context=True)
def price(context: template.Context, amount: int) -> str:
    """`{% price variant.price %}`: minor units of the shop's currency, in the shop's language."""
    shop: Any = context["shop"]
    return Money(amount, shop.currency).display(shop.language)


class Writing(NamedTuple):
    """How a shop writes its prices; all that a card knows of it."""

    currency: str
    language: str


@register.simple_tag
def part(template_name: str, **words: Any) -> SafeString:
    """`{% part "parts/footer.html" name=shop.name … %}`: an include that sees nothing but these words.

    Equal words give the same HTML, so it is made only once. They must be values: a model would be equal
    to an older state of itself. Raises TypeError.
    """
    if wrong := [word for word, given in words.items() if not is_value(given)]:
        raise TypeError(f"{template_name} is kept, but may change under us: {', '.join(wrong)}")
    html = _part(template_name, get_language(), **words)
    return mark_safe(html)  # noqa: S308 - what a template made


@lru_cache(maxsize=KEPT_PARTS, typed=True)
def _part(template_name: str, _language: str | None, /, **words: Any) -> str:
    return render_to_string(template_name, words)


def is_value(thing: object) -> bool:
    """Whether what is equal to it looks the same: text, numbers, frozen dataclasses, tuples of them."""
    if isinstance(thing, VALUES):
        return True
    if isinstance(thing, tuple):
        return all(map(is_value, thing))
    of_dataclass: Any = getattr(thing, "__dataclass_params__", None)
    return of_dataclass is not None and bool(of_dataclass.frozen)


class Frame(NamedTuple):
    """What `parts/field.html` puts around a control; its texts are HTML: "<" from a customer must not be
    taken for the one of a merchant's link, which is equal to it."""

    label: str
    help_text: str
    errors: tuple[str, ...]
    auto_id: str
    id_for_label: str
    widget_type: str
    aria_describedby: str | None
    is_required: bool
    is_hidden: bool
    use_fieldset: bool


@register.simple_tag
def field(bound: BoundField) -> SafeString:
    """`{% field form.email %}`: a control with its label, help and errors.

    The frames of a page's twenty fields are kept (`part`); a control is not, it shows what was typed.
    """
    frame = Frame(
        label=conditional_escape(bound.label),
        help_text=conditional_escape(bound.help_text),
        errors=tuple(conditional_escape(str(each)) for each in bound.errors),
        auto_id=bound.auto_id,
        id_for_label=bound.id_for_label or "",
        widget_type=bound.widget_type,
        aria_describedby=bound.aria_describedby,
        is_required=bound.field.required,
        is_hidden=bound.is_hidden,
        use_fieldset=bound.use_fieldset,
    )
    html = _part("parts/field.html", get_language(), field=frame, control=CONTROL)
    return mark_safe(html.replace(CONTROL, str(bound), 1))  # noqa: S308 - what a template and a widget made


@register.simple_tag(takes_context=True)
def cards(
    context: template.Context, products: Iterable[Card], heading: int = 2, eager: int = 0
) -> SafeString:
    """`{% cards listing.cards heading=3 eager=4 %}`: `eager` pictures, those on top, do not wait."""
    shop: Any = context["shop"]
    writing = Writing(shop.currency, shop.language)
    html = [card(each, heading, n < eager, writing) for n, each in enumerate(products)]
    return mark_safe("".join(html))  # noqa: S308 - what a template made


@lru_cache(maxsize=KEPT_CARDS)
def card(product: Card, heading: int, eager: bool, writing: Writing) -> str:
    """`parts/card.html`. It sees nothing but these values, so equal ones need be made only once."""
    words = {"product": product, "heading": heading, "eager": eager, "shop": writing}
    return render_to_string("parts/card.html", words)


@register.filter
def country(code: str, language: str = "en") -> str:
    """`{{ "DE"|country }}` → Germany. An unknown code stays as it is."""
    locale = Locale.parse(language, sep="-" if "-" in language else "_")
    return str(locale.territories.get(code, code))


@register.filter
def markdown(text: str) -> SafeString:
    """A merchant's Markdown as clean HTML: whatever could run or frame is taken out."""
    return mark_safe(_html(text))  # noqa: S308 - cleaned there


@lru_cache(maxsize=KEPT_TEXTS)
def _html(text: str) -> str:
    return nh3.clean(md.markdown(text, extensions=["tables", "sane_lists"]))


@register.filter
def srcset(image: Image | Picture) -> str:
    """The three sizes for `<img srcset>`, by width in pixels; empty until they are made."""
    return pictures.srcset(image)


@register.filter
def rendition(image: Image | Picture, width: int = 800) -> str:
    """Address of a picture's size (400, 800, 1600); empty until the sizes are made."""
    return pictures.address(image, width)


@register.filter
def tile_class(image: Image | Picture | None) -> str:
    """How a picture sits in its tile: one of the tile's own proportions fills it, others hang in it."""
    if image is None or not image.height:
        return ""
    proportion = image.width / image.height
    if abs(proportion - TILE) < NEARLY:
        return "fills"
    return "wide" if proportion > WIDE else ""


@register.filter
def page_numbers(paginator: "Paginator[Any]", current: int) -> list[int | None]:
    """Page numbers to offer around `current`; None is a gap."""
    elided = paginator.get_elided_page_range(current, on_each_side=1, on_ends=1)
    return [number if isinstance(number, int) else None for number in elided]
