"""A restored volume knows that it was restored: it asks for a sweep before checkout opens.

Orders that were paid after the backup are at Stripe and not in these files. The demand is a row like
every other run's (`payments.opening` reads it), so that whoever starts the shop cannot miss it.
"""

from datetime import UTC, datetime
from pathlib import Path

from bodega.databases.opening import open_file

TABLE = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'payments_reconciliation'"
DEMAND = """
    INSERT INTO payments_reconciliation
        (kind, since, started_at, seen, settled, rebuilt, lag, findings, endpoint, error)
    VALUES ('opening', ?, ?, 0, 0, 0, 0, 0, '', ?)
"""


def demand_sweep(volume: Path, instant: datetime, now: datetime) -> bool:
    """Leave the demand in a volume that nobody serves from yet; False: it has no such table.

    `instant`: of the backup. Closing the only connection empties and removes the write-ahead log.
    """
    connection = open_file("primary", volume)
    try:
        if connection.execute(TABLE).fetchone() is None:
            return False
        told = f"Restored from a backup of {instant:%Y-%m-%d %H:%M} UTC; not swept yet."
        connection.execute(DEMAND, (stamp(instant), stamp(now), told)).fetchall()
        return True
    finally:
        connection.close()


def stamp(moment: datetime) -> str:
    """A time as Django writes it into SQLite: UTC without saying so."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ")
