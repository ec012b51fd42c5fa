"""Finding products by words, in what `search_index` keeps.

Words with the same beginning come first, titles before subtitles before attributes before descriptions;
then parts of words; and only if there is nothing of either, words that are spelt alike.

Any text is a safe query: only words reach FTS5, quoted. The Postgres twin will be its text search with
`unaccent` and `pg_trgm`; callers see ids.
"""

import difflib
import json
import re
import unicodedata
from dataclasses import dataclass
from typing import Any

from django.db import connection

from bodega.catalog.offers import Selection
from bodega.catalog.search_index import TABLES
from bodega.lib.text import fold

MOST = 500  # results of a search; nobody reads on
LONGEST = 200  # characters of a query that count
WORDS = 8  # words of a query that count
CLOSE = (
    0.7  # difflib's ratio from which a word is taken for a misspelling: "blie" and "blue" have 0.75
)
CANDIDATES = 60

# In the order of a word's worth: a title counts more than any number of mentions in a description.
WEIGHTS = {"search_words": "100, 30, 10, 1", "search_trigrams": "100, 30, 10"}


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


def ranked(ids: list[int]) -> Selection:
    """Products by their primary keys, in that order: one value, however many there are."""
    return Selection("SELECT value AS id, key AS place FROM json_each(%s)", (json.dumps(ids),))


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
            WHERE {table} MATCH %s AND p.status = 'active' ORDER BY score LIMIT {limit:d})"""  # noqa: S608 - own constants
        for place, table in enumerate(expressions)
    ]
    statement = " UNION ALL ".join(parts) + " ORDER BY place, score, id"
    with connection.cursor() as cursor:
        cursor.execute(statement, list(expressions.values()))
        return list(cursor.fetchall())[:limit]


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
        return list(cursor.fetchall())


def split(text: str, longest: int = LONGEST) -> list[str]:
    """The words of a text, at most WORDS of a query: letters and digits; nothing FTS5 could read as
    an operator, and no byte it could stumble over."""
    words = re.findall(r"\w+", unicodedata.normalize("NFC", text[:longest]))
    return [word[:40] for word in words][: WORDS if longest == LONGEST else None]


def _quoted(word: str) -> str:
    return f'"{word}"'
