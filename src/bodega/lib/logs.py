"""How a line of a log looks: with the generation and the request it belongs to, as text or as JSON.

`BODEGA_LOG_FORMAT=json` makes every line an object: time, level, who, message, and where they are known
generation, request, exception.
"""

import json
import logging
import os
from contextvars import ContextVar
from datetime import UTC, datetime

# The request that this thread or task answers; the door sets it (`bodega.web.door`).
request: ContextVar[str] = ContextVar("request", default="")

SHOWN = 8  # characters of a generation's id, for people


def generation() -> str:
    """The generation of this process; "" for one that belongs to none."""
    return os.environ.get("BODEGA_GENERATION", "")


def is_json() -> bool:
    """Whether logs are for programs."""
    return os.environ.get("BODEGA_LOG_FORMAT", "line") == "json"


def formatter() -> logging.Formatter:
    """The formatter that the environment asks for."""
    return Json() if is_json() else Line()


class Line(logging.Formatter):
    """`2026-11-22 10:00:00,000 WARNING bodega.jobs: … (generation 1f2e3d4c, request abc)`."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name}: {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """The line without what follows it (a traceback)."""
        told = {"generation": generation()[:SHOWN], "request": request.get()}
        where = ", ".join(f"{name} {value}" for name, value in told.items() if value)
        line = super().formatMessage(record)
        return f"{line} ({where})" if where else line


class Json(logging.Formatter):
    """One object a line."""

    def format(self, record: logging.LogRecord) -> str:
        """The object of a record."""
        moment = datetime.fromtimestamp(record.created, UTC)
        told = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "who": record.name,
            "message": record.getMessage(),
            "generation": generation(),
            "request": request.get(),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps({key: value for key, value in told.items() if value}, ensure_ascii=False)
