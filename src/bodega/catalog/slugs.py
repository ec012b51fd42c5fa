"""Addresses of products, categories and collections, and where the old ones lead.

A slug is made from the title unless the merchant chose one. When it changes, the old one is kept as an
OldSlug that names the thing, not its next address: however often a thing moves, an old address is one
301 away from where it is now, and no chain or loop can come about. A slug in use wins over history.
"""

from collections.abc import Collection, Iterable
from typing import Any, TypeVar

from django.apps import apps
from django.db.models import Model, QuerySet

from bodega.lib.text import slugify

Thing = TypeVar("Thing", bound=Model)


def slug_of(text: str, otherwise: str, longest: int) -> str:
    """The slug of a text, cut at a word where possible; `otherwise` when nothing is left of it."""
    slug = slugify(text)[: longest + 1]
    if len(slug) > longest:
        whole_words = slug.rsplit("-", 1)[0]
        slug = whole_words if 0 < len(whole_words) <= longest else slug[:longest]
    return slug.strip("-") or otherwise


def free_slug(wanted: str, taken: Iterable[str], longest: int) -> str:
    """`wanted`, or `wanted-2`, `wanted-3` … when it is taken; never longer than `longest`."""
    used = set(taken)
    slug, number = wanted, 1
    while slug in used:
        number += 1
        suffix = f"-{number}"
        slug = wanted[: longest - len(suffix)] + suffix
    return slug


def before_save(thing: Any, update_fields: Collection[str] | None) -> None:
    """Give `thing` a slug if it has none and remember the one it gives up.

    Called inside the transaction that saves; `update_fields` as given to `save`.
    """
    if update_fields is not None and "slug" not in update_fields:
        return
    model: type[Any] = type(thing)
    others = model.objects.exclude(pk=thing.pk)
    if not thing.slug:
        longest: int = model._meta.get_field("slug").max_length
        wanted = slug_of(str(thing), kind_of(model), longest)
        similar = others.filter(slug__startswith=wanted[: longest - 6])
        thing.slug = free_slug(wanted, similar.values_list("slug", flat=True), longest)
    before = None if thing.pk is None else model.objects.filter(pk=thing.pk).first()
    history = apps.get_model("catalog", "OldSlug").objects.filter(kind=kind_of(model))
    history.filter(slug=thing.slug).delete()
    if before is not None and before.slug != thing.slug:
        history.update_or_create(
            slug=before.slug, defaults={"kind": kind_of(model), "target": thing.pk}
        )


def moved(things: QuerySet[Thing], slug: str) -> Thing | None:
    """Which of `things` once had this slug; None when none had."""
    old = apps.get_model("catalog", "OldSlug").objects.filter(kind=kind_of(things.model), slug=slug)
    return things.filter(pk__in=old.values("target")).first()


def kind_of(model: type[Any]) -> str:
    """ "product", "category" or "collection": how OldSlug tells them apart."""
    return str(model._meta.model_name)
