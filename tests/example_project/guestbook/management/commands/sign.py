"""`manage.py sign TEXT…`: Django's own atomic(), made durable before it is reported."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from bodega.databases.durability import durable
from guestbook.models import Entry


class Command(BaseCommand):
    """Keep some entries, all or none."""

    help = "Keep some entries, all or none."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("text", nargs="+")

    def handle(self, *_: Any, **options: Any) -> None:
        with transaction.atomic():
            for text in options["text"]:
                Entry.objects.create(text=text)
        durable()
        self.stdout.write(f"kept {len(options['text'])}")
