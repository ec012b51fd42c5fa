"""`bodega manage …`: Django's own management commands on this shop."""

import os

import bodega.databases  # noqa: F401 - before Django: one SQLite library


def run(arguments: list[str]) -> int:
    """Hand over to Django; it exits by itself when it has something to complain about."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bodega.settings")
    from django.core.management import execute_from_command_line

    execute_from_command_line(["bodega manage", *arguments])
    return 0
