"""What the process that ran Django's tests tells the one that judges them."""

from dataclasses import dataclass, field


@dataclass
class Record:
    """What a run came to. The dictionaries: id of a test → traceback, or why it was skipped."""

    ran: int = 0
    failed: dict[str, str] = field(default_factory=dict)
    skipped: dict[str, str] = field(default_factory=dict)
    switched_off: list[str] = field(default_factory=list)
    """Features that Django's own SQLite backend has and the tested one says it has not: tests that
    are skipped for that reason are hidden, not passed."""
