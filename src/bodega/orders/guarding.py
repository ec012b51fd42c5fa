"""No order is deleted without a tombstone: the database itself sees to it (design 5.3).

Whoever deletes (a model, `QuerySet.delete()`, plain SQL, another release), a missing id is explained
afterwards: by whom, when and why. The guard is a trigger, the tombstone a row of the same transaction:

    INSERT INTO orders_tombstone (order_id, number, reason, actor, at) VALUES (…);
    DELETE FROM orders_order WHERE id = …;

Table rebuilds by migrations drop triggers, and SQLite refuses to rename a table that a trigger names, so
the guard steps aside before this application's migrations and is put back after every migrate.
"""

from collections.abc import Mapping

from django.db import connection

NAME = "orders_need_a_tombstone"
PRESENT = "SELECT name, sql FROM sqlite_master WHERE name = 'orders_need_a_tombstone'"

SQLITE = """CREATE TRIGGER orders_need_a_tombstone BEFORE DELETE ON orders_order
WHEN NOT EXISTS (SELECT 1 FROM orders_tombstone WHERE order_id = OLD.id) BEGIN
    SELECT RAISE(ABORT, 'an order is not deleted without a tombstone: first a row of orders_tombstone');
END"""
POSTGRES_FUNCTION = """
    CREATE OR REPLACE FUNCTION orders_need_a_tombstone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NOT EXISTS (SELECT 1 FROM orders_tombstone WHERE order_id = OLD.id) THEN
            RAISE EXCEPTION 'an order is not deleted without a tombstone: first a row of '
                'orders_tombstone';
        END IF;
        RETURN OLD;
    END $$
"""
POSTGRES_TRIGGER = """
    CREATE OR REPLACE TRIGGER orders_need_a_tombstone BEFORE DELETE ON orders_order
    FOR EACH ROW EXECUTE FUNCTION orders_need_a_tombstone()
"""


def install() -> None:
    """See to it that the guard is there as written above. Idempotent."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(POSTGRES_FUNCTION)
            cursor.execute(POSTGRES_TRIGGER)
            return
        cursor.execute(PRESENT)
        if missing(dict(cursor.fetchall())):
            step_aside()
            cursor.execute(SQLITE)


def step_aside() -> None:
    """Take the guard away: before a migration rebuilds a table that it names."""
    with connection.cursor() as cursor:
        table = " ON orders_order" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER IF EXISTS {NAME}{table}")


def missing(present: Mapping[str, str]) -> list[str]:
    """The guard's name, when it is not as it should be; `present`: what `PRESENT` tells, by name."""
    return [] if present.get(NAME) == SQLITE else [NAME]
