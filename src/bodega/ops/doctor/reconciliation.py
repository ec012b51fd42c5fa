"""Money: does Stripe agree with the shop, who looked when, and may checkout take orders?"""

import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta

from bodega.ops.doctor.case import Case, has_table, moment
from bodega.ops.doctor.findings import Finding, bad, ok, warn

TABLES = ("payments_reconciliation", "payments_discrepancy", "payments_attempt")
SWEEP_LATE, NIGHTLY_LATE = timedelta(minutes=15), timedelta(hours=36)
PAGE = "/backoffice/payments/discrepancy/"
WORKER = (
    "Is a worker running? 'bodega up' starts one. At once, and with what is wrong: bodega reconcile"
)

# When something was first sold; a demo's invented past was never at any bank.
FIRST = r"""
    SELECT min(created_at) FROM payments_attempt WHERE session_id NOT LIKE 'cs\_demo\_%' ESCAPE '\'
"""
OPEN = """
    SELECT kind, count(*), min(found_at) FROM payments_discrepancy
    WHERE resolved_at IS NULL GROUP BY kind ORDER BY kind
"""
LAST = "SELECT max(started_at) FROM payments_reconciliation WHERE finished_at IS NOT NULL"
LAST_NIGHTLY = f"{LAST} AND kind IN ('nightly', 'manual')"
TROUBLE = """
    SELECT error FROM payments_reconciliation
    WHERE finished_at IS NULL AND error != '' ORDER BY id DESC LIMIT 1
"""
ENDPOINT = """
    SELECT endpoint FROM payments_reconciliation
    WHERE finished_at IS NOT NULL ORDER BY finished_at DESC LIMIT 1
"""
OPENING = "SELECT 1 FROM payments_reconciliation WHERE kind = 'opening' AND finished_at IS NULL"
WORDS = {
    "not_in_shop": "charged, but not in the shop",
    "not_at_stripe": "in the shop, but not at Stripe",
    "amount_differs": "with different amounts",
}


def examine(case: Case) -> Iterator[Finding]:
    """What the runs left behind; Stripe itself is not asked."""
    if not case.path("primary").exists():
        return
    with case.look("primary") as connection:
        if not all(has_table(connection, table) for table in TABLES):
            return
        yield _differences(case, connection)
        first = _last(connection, FIRST)
        if not has_bank(case) or first is None:
            yield ok("reconciliation.age", "Nothing was sold through Stripe yet.")
            return
        yield _sweep(case, connection, first)
        yield _nightly(case, connection, first)
        yield _endpoint(case, connection)


def has_bank(case: Case) -> bool:
    """Whether the shop takes money at all."""
    names = ("STRIPE_SECRET_KEY", "BODEGA_FAKESTRIPE_URL")
    return any(case.environment.get(name) for name in names)


def _differences(case: Case, connection: sqlite3.Connection) -> Finding:
    rows = connection.execute(OPEN).fetchall()
    if not rows:
        return ok(
            "reconciliation.differences", "Stripe and the shop agree, as far as was compared."
        )
    told = ", ".join(f"{count} {WORDS.get(kind, kind)}" for kind, count, _ in rows)
    oldest = min(moment(found) for _, _, found in rows)
    return bad(
        "reconciliation.differences",
        f"Stripe and the shop do not agree: {told}; the oldest found {case.ago(oldest)} ago.",
        f"Settle, look again or explain them: {PAGE} or bodega reconcile (docs/payments.md)",
    )


def _sweep(case: Case, connection: sqlite3.Connection, first: datetime) -> Finding:
    id_, last = "reconciliation.age", _last(connection, LAST)
    is_closed = connection.execute(OPENING).fetchone() is not None
    if not is_closed and case.now - (last or first) <= SWEEP_LATE:
        told = f"last asked Stripe {case.ago(last)} ago" if last else "has not run yet"
        return ok(id_, f"The sweeper {told}.")
    trouble = connection.execute(TROUBLE).fetchone()
    why = f": {trouble[0]}" if trouble else "."
    if is_closed:
        return bad(id_, f"Checkout is closed until the sweeper has asked Stripe{why}", WORKER)
    told = (
        f"The sweeper last asked Stripe {case.ago(last)} ago" if last else "Stripe was never asked"
    )
    return bad(id_, f"{told}{why}", WORKER)


def _nightly(case: Case, connection: sqlite3.Connection, first: datetime) -> Finding:
    id_, last = "reconciliation.nightly", _last(connection, LAST_NIGHTLY)
    told = f"{case.ago(last)} ago" if last else "never"
    if case.now - (last or first) <= NIGHTLY_LATE:
        return ok(id_, f"All lists were last compared: {told}.")
    return warn(id_, f"All lists were last compared: {told}.", "bodega reconcile")


def _endpoint(case: Case, connection: sqlite3.Connection) -> Finding:
    row = connection.execute(ENDPOINT).fetchone()
    if row is None:
        return ok("reconciliation.endpoint", "The webhook endpoint was not looked at yet.")
    if not row[0]:
        return ok("reconciliation.endpoint", "The webhook endpoint at Stripe is as it should be.")
    if not case.is_production:
        return ok("reconciliation.endpoint", f"{row[0]} (Outside production that may be intended.)")
    return warn(
        "reconciliation.endpoint",
        row[0],
        "Correct it in Stripe's dashboard, Developers → Webhooks; then: bodega reconcile",
    )


def _last(connection: sqlite3.Connection, sql: str) -> datetime | None:
    found = connection.execute(sql).fetchone()[0]
    return moment(found) if found else None
