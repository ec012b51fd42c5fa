"""What happens by itself when its time comes: sessions expire, debits clear or bounce.

One row per appointment, in the store, so that it survives a restart and obeys the bank's clock.
"""

from collections.abc import Callable

from fakestripe.bank import Bank

Action = Callable[[Bank, str], None]


def arrange(bank: Bank, due: float, action: str, object_id: str) -> None:
    bank.store.connection.execute("INSERT INTO agenda VALUES (?, ?, ?)", (due, action, object_id))
    bank.wake(due)


def call_off(bank: Bank, object_id: str) -> None:
    bank.store.connection.execute("DELETE FROM agenda WHERE object = ?", (object_id,))


def next_due(bank: Bank) -> float | None:
    row = bank.store.connection.execute("SELECT min(due) FROM agenda").fetchone()
    return None if row[0] is None else float(row[0])


def run_due(bank: Bank, actions: dict[str, Action]) -> int:
    """Carries out everything that is due, oldest first; returns how many there were."""
    done = 0
    while True:
        row = bank.store.connection.execute(
            "SELECT rowid, action, object FROM agenda WHERE due <= ? ORDER BY due, rowid LIMIT 1",
            (bank.clock.now(),),
        ).fetchone()
        if row is None:
            return done
        with bank.store.transaction():
            bank.store.connection.execute("DELETE FROM agenda WHERE rowid = ?", (row[0],))
            actions[row[1]](bank, row[2])
        done += 1
