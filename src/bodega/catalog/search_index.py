"""The search index: FTS5 tables kept in step with the products by the database itself.

Two tables over one document per product (title, subtitle, attributes with SKUs and category, and
description): `search_words` folds case and accents and knows prefixes, `search_trigrams` finds parts of
words and candidates for misspelt ones. Triggers reindex a product in the transaction that changes it,
however it is changed. Table rebuilds by migrations drop triggers (design 3.3), so `install` runs after
every migrate, puts back what is missing, and rebuilds then.

This module and `search` own their SQL: the only SQLite-only statements of the catalogue.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

DOCUMENT = """
    SELECT p.id, p.title, p.subtitle,
        coalesce((SELECT group_concat(v.value, ' ' ORDER BY v.id) FROM catalog_attributevalue v
                  WHERE v.product_id = p.id), '') || ' ' ||
        coalesce((SELECT group_concat(s.sku, ' ' ORDER BY s.id) FROM catalog_variant s
                  WHERE s.product_id = p.id), '') || ' ' ||
        coalesce((SELECT c.name FROM catalog_category c WHERE c.id = p.category_id), '') AS attributes,
        p.description
    FROM catalog_product p"""

TABLES = {
    "search_words": (
        "CREATE VIRTUAL TABLE search_words USING fts5(title, subtitle, attributes, description,"
        " tokenize='unicode61 remove_diacritics 2', prefix='2 3')"
    ),
    "search_trigrams": (
        "CREATE VIRTUAL TABLE search_trigrams USING fts5(title, subtitle, attributes,"
        " tokenize='trigram remove_diacritics 1')"
    ),
}

# trigger → (event, the products to reindex)
CHANGES = {
    "search_product_insert": ("INSERT ON catalog_product", "new.id"),
    "search_product_update": (
        "UPDATE OF id, title, subtitle, description, category_id ON catalog_product",
        "old.id, new.id",
    ),
    "search_product_delete": ("DELETE ON catalog_product", "old.id"),
    "search_value_insert": ("INSERT ON catalog_attributevalue", "new.product_id"),
    "search_value_update": ("UPDATE ON catalog_attributevalue", "old.product_id, new.product_id"),
    "search_value_delete": ("DELETE ON catalog_attributevalue", "old.product_id"),
    "search_sku_insert": ("INSERT ON catalog_variant", "new.product_id"),
    "search_sku_update": (
        "UPDATE OF sku, product_id ON catalog_variant",
        "old.product_id, new.product_id",
    ),
    "search_sku_delete": ("DELETE ON catalog_variant", "old.product_id"),
    "search_category_update": (
        "UPDATE OF name ON catalog_category",
        "SELECT id FROM catalog_product WHERE category_id = new.id",
    ),
}

PRESENT = "SELECT name, sql FROM sqlite_master WHERE name LIKE 'search!_%' ESCAPE '!'"


def install() -> bool:
    """See to it that tables and triggers are there as written above; True when the index was rebuilt."""
    wrong = missing(dict(_rows(PRESENT)))
    if not wrong:
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        drop_triggers()
        for name, sql in TABLES.items():
            if name in wrong:
                cursor.execute(f"DROP TABLE IF EXISTS {name}")
                cursor.execute(sql)
        for name in CHANGES:
            cursor.execute(_trigger(name))
        rebuild()
    return True


def missing(present: Mapping[str, str]) -> list[str]:
    """Tables and triggers that are not as they should be; `present`: what `PRESENT` tells, by name."""
    wanted = TABLES | {name: _trigger(name) for name in CHANGES}
    return [name for name, sql in wanted.items() if present.get(name) != sql]


def drop_triggers() -> None:
    """Before a migration rebuilds a table the triggers name: SQLite refuses the rename otherwise."""
    with connection.cursor() as cursor:
        for name in CHANGES:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def rebuild() -> None:
    """Make the whole index anew, in one transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in _reindex("IS NOT NULL"):
            cursor.execute(statement)


@contextmanager
def rebuilt_afterwards() -> Iterator[None]:
    """For loading thousands of products: one rebuild at the end instead of a reindex per row.

    Everything happens in one transaction, so nobody ever sees the index out of step.
    """
    with transaction.atomic():
        drop_triggers()
        yield
        install()


def stale() -> list[int]:
    """Products whose index rows are not what they should be, for the audit; empty when all is well."""
    documents = _rows(DOCUMENT)
    words = _rows("SELECT rowid, title, subtitle, attributes, description FROM search_words")
    trigrams = _rows("SELECT rowid, title, subtitle, attributes FROM search_trigrams")
    without_description = {row[:4] for row in documents}
    differing = (set(documents) ^ set(words)) | (without_description ^ set(trigrams))
    return sorted({row[0] for row in differing})


def _trigger(name: str) -> str:
    event, products = CHANGES[name]
    return (
        f"CREATE TRIGGER {name} AFTER {event} BEGIN {'; '.join(_reindex(f'IN ({products})'))}; END"
    )


def _reindex(which: str) -> list[str]:
    """Statements that make the index rows of some products anew; `which` is an SQL condition."""
    document = f"{DOCUMENT} WHERE p.id {which}"
    short = f"SELECT id, title, subtitle, attributes FROM ({document})"  # noqa: S608 - own constants
    return [
        f"DELETE FROM search_words WHERE rowid {which}",  # noqa: S608 - own constants
        f"DELETE FROM search_trigrams WHERE rowid {which}",  # noqa: S608 - own constants
        f"INSERT INTO search_words (rowid, title, subtitle, attributes, description) {document}",
        f"INSERT INTO search_trigrams (rowid, title, subtitle, attributes) {short}",
    ]


def _rows(statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        return list(cursor.fetchall())
