"""Whose payments these are: several shops, and copies of one shop, may share a Stripe account."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from django.conf import settings

from bodega.databases.volume import read_identity


@cache
def shop() -> str:
    """The volume's id: a restored backup keeps it, another shop has another."""
    return read_identity(settings.VOLUME).id


def environment() -> str:
    """production, demo, development, test: a copy of the shop for trying things is not the shop."""
    return str(settings.MODE)


def owns(metadata: Mapping[str, Any] | None) -> bool:
    """Whether something at Stripe that says this of itself is this shop's, and this environment's."""
    told = metadata or {}
    return (told.get("shop"), told.get("environment")) == (shop(), environment())
