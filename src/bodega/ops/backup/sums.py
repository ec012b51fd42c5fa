"""What must be the same in a copy: the rows of every table, and what the money adds up to."""

import sqlite3
from dataclasses import dataclass, field

from bodega.databases.layout import Role

# Columns of money, in minor units: their sums are compared, so that a copy that lost or changed a row
# of money cannot pass (a test sees to it that they exist).
MONEY: dict[Role, dict[str, tuple[str, ...]]] = {
    "primary": {
        "orders_order": ("subtotal", "discount", "shipping", "tax", "total"),
        "orders_orderline": ("subtotal", "discount", "tax"),
        "payments_attempt": ("amount",),
        "payments_ledgerentry": ("amount",),
    }
}

# Virtual tables are counted in their shadow tables: they need no module then.
TABLES = """
    SELECT name FROM sqlite_schema
    WHERE type = 'table' AND name NOT LIKE 'sqlite!_%' ESCAPE '!' AND sql NOT LIKE 'CREATE VIRTUAL%'
    ORDER BY name
"""


@dataclass(frozen=True)
class Facts:
    """Rows by table; sums by "table.column"."""

    rows: dict[str, int] = field(default_factory=dict)
    sums: dict[str, int] = field(default_factory=dict)

    def differences(self, other: "Facts") -> list[str]:
        """A sentence for everything that `other` has otherwise."""
        return [
            f"{what} of {name}: {mine.get(name)}, in the copy {theirs.get(name)}"
            for what, mine, theirs in (
                ("rows", self.rows, other.rows),
                ("sum", self.sums, other.sums),
            )
            for name in sorted(mine.keys() | theirs.keys())
            if mine.get(name) != theirs.get(name)
        ]


def facts(connection: sqlite3.Connection, role: Role) -> Facts:
    """Count and add up what this connection sees."""
    tables = [name for (name,) in connection.execute(TABLES).fetchall()]
    rows = {name: _number(connection, f'count(*) FROM "{name}"') for name in tables}
    sums = {
        f"{table}.{column}": _number(connection, f'coalesce(sum("{column}"), 0) FROM "{table}"')
        for table, columns in MONEY.get(role, {}).items()
        if table in rows
        for column in columns
    }
    return Facts(rows, sums)


def _number(connection: sqlite3.Connection, what: str) -> int:
    return int(
        connection.execute(f"SELECT {what}").fetchone()[0]
    )  # names of the schema, our own words
