"""Finding products by words: SQLite's FTS5, kept in step by the database itself.

Two indexes over one document per product (title, subtitle, attributes with SKUs and category, and
description): `search_words` folds case and accents and knows prefixes, `search_trigrams` finds parts of
words and candidates for misspelt ones. Triggers reindex a product in the transaction that changes it,
however it is changed. Table rebuilds by migrations drop triggers (design 3.3), so `install` runs after
every migrate, puts back what is missing, and rebuilds then.

This module owns its SQL: the only SQLite-only statements of the catalogue. Any text is a safe query:
only words reach FTS5, quoted.
"""

import difflib
import re
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

from bodega.lib.text import fold

MOST = 500  # results of a search; nobody reads on
LONGEST = 200  # characters of a query that count
WORDS = 8  # words of a query that count
CLOSE = (
    0.7  # difflib's ratio from which a word is taken for a misspelling: "blie" and "blue" have 0.75
)
CANDIDATES = 60

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
# In the order of a word's worth: a title counts more than any number of mentions in a description.
WEIGHTS = {"search_words": "100, 30, 10, 1", "search_trigrams": "100, 30, 10"}

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


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A product offered while somebody types."""

    title: str
    subtitle: str
    slug: str

    def get_absolute_url(self) -> str:
        return f"/p/{self.slug}/"


@dataclass(frozen=True, slots=True)
class Similar:
    """What a misspelt query probably meant: products, best first, and the corrected words."""

    ids: list[int]
    words: str


def search(query: str) -> list[int]:
    """Primary keys of active products that have every word of the query, best first, at most MOST.

    A word matches its beginnings ("sun" finds "sunflower"); parts of words ("flower") come after.
    """
    return list(dict.fromkeys(row[0] for row in _matches(query, MOST)))


def suggest(query: str, limit: int = 6) -> list[Suggestion]:
    """What to offer while the query is typed; similar words when nothing has these."""
    found = {row[0]: Suggestion(*row[1:4]) for row in _matches(query, limit * 2)}
    return list(found.values())[:limit]


def _matches(query: str, limit: int) -> list[tuple[Any, ...]]:
    """Rows (product id, title, subtitle, slug), matches of words before parts of words."""
    words = split(query)
    if not words:
        return []
    expressions = {"search_words": " ".join(_quoted(w) + "*" * (len(w) > 1) for w in words)}
    if all(len(word) >= 3 for word in words):
        expressions["search_trigrams"] = " ".join(map(_quoted, words))
    parts = [
        f"""SELECT * FROM (
            SELECT p.id, p.title, p.subtitle, p.slug, {place} AS place,
                bm25({table}, {WEIGHTS[table]}) AS score
            FROM {table} JOIN catalog_product p ON p.id = {table}.rowid
            WHERE {table} MATCH %s AND p.status = 'active' ORDER BY score LIMIT {limit:d})"""
        for place, table in enumerate(expressions)
    ]
    statement = " UNION ALL ".join(parts) + " ORDER BY place, score, id"
    with connection.cursor() as cursor:
        cursor.execute(statement, list(expressions.values()))
        return cursor.fetchall()[:limit]


def similar(query: str) -> Similar:
    """What somebody may have meant whose words are nowhere: every word close to one of the product's.

    Candidates share three letters in a row or the first two with a word; closeness is difflib's ratio.
    """
    words = [fold(word) for word in split(query)]
    pieces = {_quoted(word[i : i + 3]) for word in words for i in range(len(word) - 2)}
    starts = {_quoted(word[:2]) + "*" for word in words if len(word) > 2}
    if not pieces:
        return Similar([], "")
    scored = []
    closest = Closest(words)
    for product_id, text in _candidates(" OR ".join(sorted(pieces)), " OR ".join(sorted(starts))):
        score, meant = closest.match(set(split(fold(text), len(text))))
        if meant:
            scored.append((-score, product_id, meant))
    scored.sort()
    return Similar([pk for _, pk, _ in scored], scored[0][2] if scored else "")


class Closest:
    """Compares query words with a document's; each pair once, however many documents have it."""

    def __init__(self, words: list[str]) -> None:
        self.words = words
        self.known: dict[tuple[str, str], float] = {}

    def match(self, vocabulary: set[str]) -> tuple[float, str]:
        """Mean closeness and the words that were meant; (0, "") when one word has nothing close."""
        best = [
            max((self._ratio(word, v), v) for v in vocabulary) for word in self.words if vocabulary
        ]
        if not best or min(best)[0] < CLOSE:
            return 0.0, ""
        return sum(score for score, _ in best) / len(best), " ".join(word for _, word in best)

    def _ratio(self, word: str, other: str) -> float:
        if (word, other) not in self.known:
            matcher = difflib.SequenceMatcher(None, word, other, autojunk=False)
            is_near = matcher.real_quick_ratio() >= CLOSE and matcher.quick_ratio() >= CLOSE
            self.known[word, other] = matcher.ratio() if is_near else 0.0
        return self.known[word, other]


def _candidates(pieces: str, starts: str) -> list[tuple[int, str]]:
    text = "f.title || ' ' || f.subtitle || ' ' || f.attributes"
    part = """SELECT * FROM (SELECT p.id, {text} FROM {table} f JOIN catalog_product p ON p.id = f.rowid
        WHERE {table} MATCH %s AND p.status = 'active' ORDER BY f.rank LIMIT {limit})"""
    statement = " UNION ".join(
        part.format(text=text, table=t, limit=CANDIDATES) for t in reversed(TABLES)
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [pieces, starts])
        return cursor.fetchall()


def split(text: str, longest: int = LONGEST) -> list[str]:
    """The words of a text, at most WORDS of a query: letters and digits; nothing FTS5 could read as
    an operator, and no byte it could stumble over."""
    words = re.findall(r"\w+", unicodedata.normalize("NFC", text[:longest]))
    return [word[:40] for word in words][: WORDS if longest == LONGEST else None]


def _quoted(word: str) -> str:
    return f'"{word}"'


def install() -> bool:
    """See to it that tables and triggers are there as written above; True when the index was rebuilt."""
    wanted = TABLES | {name: _trigger(name) for name in CHANGES}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM sqlite_master WHERE name LIKE 'search\\_%%' ESCAPE '\\'"
        )
        present = dict(cursor.fetchall())
    wrong = [name for name, sql in wanted.items() if present.get(name) != sql]
    if not wrong:
        return False
    with transaction.atomic(), connection.cursor() as cursor:
        drop_triggers()
        for name, sql in TABLES.items():
            if name in wrong:
                cursor.execute(f"DROP TABLE IF EXISTS {name}")
                cursor.execute(sql)
        for name in CHANGES:
            cursor.execute(wanted[name])
        rebuild()
    return True


def drop_triggers() -> None:
    """Before a migration rebuilds a table the triggers name: SQLite refuses the rename otherwise."""
    with connection.cursor() as cursor:
        for name in CHANGES:
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}")


def _trigger(name: str) -> str:
    event, products = CHANGES[name]
    return f"CREATE TRIGGER {name} AFTER {event} BEGIN {_reindex(f'IN ({products})')} END"


def _reindex(which: str) -> str:
    """Statements that make the index rows of some products anew; `which` is an SQL condition."""
    return f"""
        DELETE FROM search_words WHERE rowid {which};
        DELETE FROM search_trigrams WHERE rowid {which};
        INSERT INTO search_words (rowid, title, subtitle, attributes, description)
            {DOCUMENT} WHERE p.id {which};
        INSERT INTO search_trigrams (rowid, title, subtitle, attributes)
            SELECT id, title, subtitle, attributes FROM ({DOCUMENT} WHERE p.id {which});"""


def rebuild() -> None:
    """Make the whole index anew, in one transaction."""
    with transaction.atomic(), connection.cursor() as cursor:
        for statement in _reindex("IS NOT NULL").strip().rstrip(";").split(";"):
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
    """Products whose index rows are not what they should be; empty when all is well."""
    documents = f"SELECT id, title, subtitle, attributes, description FROM ({DOCUMENT})"
    words = "SELECT rowid, title, subtitle, attributes, description FROM search_words"
    trigrams = "SELECT rowid, title, subtitle, attributes FROM search_trigrams"
    short = f"SELECT id, title, subtitle, attributes FROM ({DOCUMENT})"
    pairs = ((documents, words), (words, documents), (short, trigrams), (trigrams, short))
    differing = " UNION ".join(f"SELECT * FROM (SELECT id FROM ({_but(*pair)}))" for pair in pairs)
    with connection.cursor() as cursor:
        cursor.execute(differing)
        return sorted(row[0] for row in cursor.fetchall())


def _but(left: str, right: str) -> str:
    return f"SELECT rowid AS id FROM ({left.replace('SELECT id', 'SELECT id AS rowid')} EXCEPT {right})"
