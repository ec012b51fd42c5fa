"""Run as a program: Django's system checks, those for deployment too, as JSON. For `settings`."""

import json
import os
import sys
from typing import Any

import bodega.databases  # noqa: F401 - before Django: one SQLite library


def checks() -> list[dict[str, Any]]:
    """Every message of Django's checks: id, level (Django's number), sentence, hint."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bodega.settings")
    import django

    django.setup()
    from django.core.checks import run_checks

    return [
        {
            "id": each.id or "",
            "level": each.level,
            "sentence": " ".join(each.msg.split()),
            "hint": each.hint,
        }
        for each in run_checks(include_deployment_checks=True)
    ]


if __name__ == "__main__":
    sys.stdout.write(json.dumps(checks()))
