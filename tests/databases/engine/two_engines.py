"""One test body, two databases: our engine on a scratch file, and a real PostgreSQL."""

import copy
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.postgres import serving
from django.db import connections, models

OURS = "bodega.databases.engine"


class Document(models.Model):
    """Something with a JSON document."""

    data = models.JSONField(null=True)

    objects: models.Manager["Document"] = models.Manager()

    class Meta:
        app_label = "scratch"

    def __str__(self) -> str:
        return str(self.data)


class Name(models.Model):
    """Something with a name."""

    text = models.CharField(max_length=200, null=True, db_index=True)
    other = models.TextField(default="")
    number = models.IntegerField(default=0)

    objects: models.Manager["Name"] = models.Manager()

    class Meta:
        app_label = "scratch"

    def __str__(self) -> str:
        return str(self.text)


@contextmanager
def database(alias: str, **settings: Any) -> Iterator[str]:
    """A further database of Django's, with the tables of this module, for as long as the block."""
    configured = copy.deepcopy(connections.databases["default"]) | {"OPTIONS": {}, **settings}
    connections.databases[alias] = configured
    try:
        with connections[alias].schema_editor() as editor:
            for model in (Document, Name):
                editor.create_model(model)
        yield alias
    finally:
        connections[alias].close()
        del connections[alias]
        del connections.databases[alias]


@contextmanager
def our_engine(directory: Path) -> Iterator[str]:
    """Ours, with nothing but its name said."""
    name = str(directory / "scratch.sqlite3")
    with database(f"scratch {directory.name}", ENGINE=OURS, NAME=name) as alias:
        yield alias


@contextmanager
def djangos_engine(directory: Path) -> Iterator[str]:
    """Django's own SQLite backend: the control."""
    engine = "django.db.backends.sqlite3"
    with database("control", ENGINE=engine, NAME=str(directory / "control.sqlite3")) as alias:
        yield alias


@contextmanager
def postgres(directory: Path) -> Iterator[str]:
    """PostgreSQL from the wheel, on a Unix socket."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's own, about folders it does not need here
        server = serving(directory)
        address = server.__enter__()
    try:
        words = dict(word.split("=") for word in address.split())
        with database(
            "postgres",
            ENGINE="django.db.backends.postgresql",
            NAME=words["dbname"],
            USER=words["user"],
            HOST=words["host"],
        ) as alias:
            yield alias
    finally:
        server.__exit__(None, None, None)
