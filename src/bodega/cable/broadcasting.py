"""Telling everybody who listens: one row, then the doorbell.

At most once, and only while somebody listens or comes back within minutes: a live update is a courtesy,
and the page can always read the row. So a broadcast never breaks its caller: on a short list of failures
(`databases.disposable`) it says so in the log and returns False.
"""

import json
import logging
import re
import sqlite3
import time
from typing import Any

from bodega.cable.messages import Messages, messages_in
from bodega.databases import doorbell
from bodega.databases.disposable import Complaint

logger = logging.getLogger("bodega.cable")

LARGEST_DATA = 64 * 1024  # bytes of JSON: an update says what changed, the page reads the rest
LONGEST_CHANNEL = 200
EVENT_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.:-]{0,63}")
RESERVED = {"resync", "message", "open", "error"}  # ours, and the browser's own

_complaint = Complaint(logger)


def broadcast(channel: str, event: str, data: Any, *, now: float | None = None) -> bool:
    """Send `data` (anything JSON can say) to everybody on `channel`, in every process.

    Call it after the commit it speaks of, or in a job. `now`: seconds since 1970. True when it is on
    its way. Raises ValueError or TypeError for a message that could never be sent.
    """
    _check_names(channel, event)
    text = json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    if len(text.encode()) > LARGEST_DATA:
        raise ValueError(
            f"An update on '{channel}' is larger than {LARGEST_DATA} bytes. Send what changed, or a "
            "hint to read the row."
        )
    messages = messages_in()
    try:
        messages.file.forget_if_replaced()
        messages.append(channel, event, text, time.time() if now is None else now)
        doorbell.ring("cable", messages.file.directory)
    except (sqlite3.Error, OSError) as error:
        complain(messages, error)
        return False
    return True


def position() -> int:
    """The newest message's number: render it into a page, and its stream starts exactly there.

    `/live/?channel=…&last_event_id=<position>`. 0 when the file cannot be read: the stream then begins
    with "resync".
    """
    try:
        return messages_in().last()
    except (sqlite3.Error, OSError) as error:
        complain(messages_in(), error)
        return 0


def complain(messages: Messages, error: sqlite3.Error | OSError) -> None:
    """Shrug a failure off: mend what can be mended, and say so once a minute.

    Raises it again when it is none of the few that a courtesy may shrug off.
    """
    reason = messages.file.mend(error)
    _complaint.say(
        f"Live updates fail: {reason} ({error}). Pages still read their rows. "
        f"File: {messages.file.path}"
    )


def _check_names(channel: str, event: str) -> None:
    if not channel or len(channel) > LONGEST_CHANNEL:
        raise ValueError(f"A channel's name has 1 to {LONGEST_CHANNEL} characters: '{channel}'")
    if not EVENT_NAME.fullmatch(event) or event in RESERVED:
        raise ValueError(
            f"'{event}' cannot be an event's name: letters, digits and _ . : - only, and not one of "
            f"{', '.join(sorted(RESERVED))}."
        )
