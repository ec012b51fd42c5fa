"""Lookups of texts: the `i` ones know neither case nor accents, the others are exact (design 3.3).

SQLite's LIKE folds the 26 letters of ASCII and nothing else, in `contains` too: `icontains="café"`
missed CAFÉ, and `contains="CAFE"` found cafe. Here `fold()` (`functions`) decides for the first kind;
the others compare as they are: `instr`, and GLOB, which can use an index for `startswith`. `iregex`
knows case in all of Unicode (Python's `re`); accents count there, since a pattern cannot be folded.

Folding costs a call of Python for each row: 0.6 µs for an ASCII text, 2 µs for 40 other letters, against
0.1 µs for LIKE. (LIKE first, Python only for rows that are not ASCII, was 0.3 µs: not worth a left side
that is evaluated four times.) Search over many rows has an index of its own (FTS5).
"""

from collections.abc import Callable
from typing import Any

from django.db.models import lookups
from django.db.models.fields import json

from bodega.lib.text import fold

Sql = tuple[str, list[Any]]
Writer = Callable[[Any, Any], Sql | None]

TEXTS = frozenset(
    {"CharField", "TextField", "SlugField", "FileField", "FilePathField", "JSONField"}
)


def iexact(node: Any, compiler: Any) -> Sql:
    """The same text, folded."""
    return _folded(node, compiler, "{text} = {part}")


def icontains(node: Any, compiler: Any) -> Sql:
    """The folded part somewhere in the folded text."""
    return _folded(node, compiler, "instr({text}, {part}) > 0")


def istartswith(node: Any, compiler: Any) -> Sql:
    """The folded text begins with the folded part."""
    return _folded(node, compiler, "instr({text}, {part}) = 1")


def iendswith(node: Any, compiler: Any) -> Sql:
    """The folded text ends with the folded part."""
    return _folded(node, compiler, "fold_ends({text}, {part})")


def contains(node: Any, compiler: Any) -> Sql:
    """The part somewhere in the text, letter for letter."""
    return _exact(node, compiler, "instr({text}, {part}) > 0")


def startswith(node: Any, compiler: Any) -> Sql:
    """The text begins with the part, letter for letter; an index on the text is used."""
    return _glob(node, compiler, "{part} || '*'", lambda part: f"{part}*")


def endswith(node: Any, compiler: Any) -> Sql:
    """The text ends with the part, letter for letter."""
    return _glob(node, compiler, "'*' || {part}", lambda part: f"*{part}")


TEXT_LOOKUPS: dict[type, Writer] = {
    lookups.IExact: iexact,
    lookups.IContains: icontains,
    lookups.IStartsWith: istartswith,
    lookups.IEndsWith: iendswith,
    lookups.Contains: contains,
    lookups.StartsWith: startswith,
    lookups.EndsWith: endswith,
    json.KeyTransformIExact: iexact,
    json.KeyTransformIContains: icontains,
    json.KeyTransformIStartsWith: istartswith,
    json.KeyTransformIEndsWith: iendswith,
    json.KeyTransformStartsWith: startswith,
    json.KeyTransformEndsWith: endswith,
}


def folded_part(part: str, parameters: list[Any]) -> Sql:
    """The right side, folded: now when it is a value, by the database when it is an expression."""
    if part == "%s":
        return "%s", [fold(str(parameters[0]))]
    return f"fold({part})", parameters


def text_side(node: Any, compiler: Any) -> Sql:
    """The left side as a text."""
    sql, parameters = node.process_lhs(compiler, compiler.connection)
    if node.lhs.output_field.get_internal_type() not in TEXTS:
        sql = f"CAST({sql} AS TEXT)"
    return sql, list(parameters)


def part_side(node: Any, compiler: Any) -> Sql:
    """The right side as it was given: without the escapes and wildcards of LIKE."""
    # PatternLookup and those below it would make a pattern of it.
    sql, parameters = lookups.BuiltinLookup.process_rhs(node, compiler, compiler.connection)
    return sql, list(parameters)


def _folded(node: Any, compiler: Any, template: str) -> Sql:
    text, text_parameters = text_side(node, compiler)
    part, part_parameters = folded_part(*part_side(node, compiler))
    sql = template.format(text=f"fold({text})", part=part)
    return sql, [*text_parameters, *part_parameters]


def _exact(node: Any, compiler: Any, template: str) -> Sql:
    text, text_parameters = text_side(node, compiler)
    part, part_parameters = part_side(node, compiler)
    return template.format(text=text, part=part), [*text_parameters, *part_parameters]


def _glob(node: Any, compiler: Any, pattern: str, of_value: Callable[[str], str]) -> Sql:
    text, text_parameters = text_side(node, compiler)
    part, parameters = part_side(node, compiler)
    if part == "%s":
        # One parameter that is the whole pattern, so that SQLite can look into it for an index.
        return f"{text} GLOB %s", [*text_parameters, of_value(escaped(str(parameters[0])))]
    part = f"replace(replace(replace({part}, '[', '[[]'), '*', '[*]'), '?', '[?]')"
    return f"{text} GLOB {pattern.format(part=part)}", [*text_parameters, *parameters]


def escaped(part: str) -> str:
    """A text that GLOB takes literally."""
    return part.replace("[", "[[]").replace("*", "[*]").replace("?", "[?]")
