"""Who of a volume's living generations is older, who is newer? (design 6.2)

Asked of the kernel's locks, which a dead generation has lost: neither a row that still says "live" nor a
slow machine can deceive it. Holds across supervisors and containers. Ask only from the process that has
joined (its own locks do not count), or from one that never joins.
"""

from bodega.databases.register import Register, Row
from bodega.databases.selftest import is_locked


def living(register: Register) -> list[Row]:
    """All who live, the newest first; without the generation of this process."""
    tenants: dict[int, Row] = {}
    for row in register.rows():  # a slot that was taken over is the newer one's
        tenants.setdefault(row.slot, row)
    return [
        row
        for row in tenants.values()
        if row.state != "gone" and is_locked(register.posix, row.slot)
    ]


def elders(register: Register, me: str) -> list[Row]:
    """The living generations that began before `me`."""
    rows = register.rows()
    older = rows[_place(rows, me) + 1 :]
    return [row for row in older if _lives(register, row)]


def is_superseded(register: Register, me: str) -> bool:
    """Whether a generation that began after `me` serves: then it does the work, too."""
    rows = register.rows()
    newer = rows[: _place(rows, me)]
    return any(row.state == "live" and _lives(register, row) for row in newer)


def _place(rows: list[Row], me: str) -> int:
    return next((place for place, row in enumerate(rows) if row.id == me), len(rows))


def _lives(register: Register, row: Row) -> bool:
    # A slot may have been taken over by somebody else since: then that one's row is the newer one.
    is_tenant = next(each for each in register.rows() if each.slot == row.slot).id == row.id
    return row.state != "gone" and is_tenant and is_locked(register.posix, row.slot)
