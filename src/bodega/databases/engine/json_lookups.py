"""Lookups of JSON that mean what they mean on PostgreSQL (design 3.3).

SQLite has no JSON values, only texts: as Django writes it there, `{"a": 1, "b": 2}` is another value
than `{"b": 2, "a": 1}`, the text "true" equals the boolean, `contains` is refused, `gt=5` finds texts.
So values are taken out as JSON (`->`, which keeps their type) and compared by `jsonb`'s functions. A key
that equals a plain value, the usual question, is asked in SQLite's own functions.
"""

import json as standard
from typing import Any, NamedTuple

from django.db import NotSupportedError
from django.db.models import expressions, lookups
from django.db.models.fields import json

from bodega.databases import jsonb
from bodega.databases.engine.text_lookups import Sql, Writer, folded_part, part_side

HAS_KEY = (
    "CASE WHEN {json} IS NOT NULL THEN EXISTS(SELECT 1 FROM json_each({json}) AS entry WHERE "
    "CASE typeof(entry.key) WHEN 'text' THEN entry.key = %s "
    "ELSE entry.type = 'text' AND entry.value = %s END) END"
)
LARGEST = 2**63  # beyond it SQLite reads an integer as a double


class Place(NamedTuple):
    """A place inside a JSON document: SQL of the document, its parameters, SQLite's path to it."""

    document: str
    parameters: list[Any]
    path: str

    def taken(self, function: str = "->") -> Sql:
        """What is there: as JSON with its type (`->`), or what a function of path makes of it."""
        if function == "->":
            if self.path == "$":
                return self.document, self.parameters
            return f"({self.document} -> %s)", [*self.parameters, self.path]
        return f"{function}({self.document}, %s)", [*self.parameters, self.path]


def exact(node: Any, compiler: Any) -> Sql | None:
    """Equal as JSON: type counts, order of keys and 1.0 for 1 do not; None is JSON's null."""
    left = json_side(node.lhs, compiler)
    if left is None:
        return None
    if node.rhs_is_direct_value():
        _, (text,) = json.JSONExact.process_rhs(node, compiler, compiler.connection)
        value = standard.loads(str(text))
        return _equals_plain(left, value) or _equals_any(left, value)
    right = json_side(node.rhs, compiler)
    return (
        None if right is None else _called("jsonb_canonical({}) = jsonb_canonical({})", left, right)
    )


def key_in(node: Any, compiler: Any) -> Sql | None:
    """Equal as JSON to one of them."""
    left = json_side(node.lhs, compiler)
    if left is None or not node.rhs_is_direct_value():
        return None
    if any(hasattr(value, "as_sql") for value in node.rhs):
        return None
    _, texts = lookups.In.process_rhs(node, compiler, compiler.connection)
    sql, parameters = left.taken()
    canonical = [jsonb.canonical(standard.loads(str(text))) for text in texts]
    marks = ", ".join(["%s"] * len(canonical))
    return f"jsonb_canonical({sql}) IN ({marks})", [*parameters, *canonical]


def contains(node: Any, compiler: Any) -> Sql:
    """@>. Raises NotSupportedError for a key inside a function."""
    return _called("jsonb_contains({}, {})", *_both_sides(node, compiler))


def contained_by(node: Any, compiler: Any) -> Sql:
    """<@. Raises NotSupportedError for a key inside a function."""
    return _called("jsonb_contains({}, {})", *reversed(_both_sides(node, compiler)))


def less(node: Any, compiler: Any) -> Sql | None:
    """Ordered before: Object > Array > Boolean > Number > String > null."""
    return _between(node, compiler, "jsonb_compare({}, {}) < 0")


def less_or_equal(node: Any, compiler: Any) -> Sql | None:
    """Not ordered behind."""
    return _between(node, compiler, "jsonb_compare({}, {}) <= 0")


def greater(node: Any, compiler: Any) -> Sql | None:
    """Ordered behind."""
    return _between(node, compiler, "jsonb_compare({}, {}) > 0")


def greater_or_equal(node: Any, compiler: Any) -> Sql | None:
    """Not ordered before."""
    return _between(node, compiler, "jsonb_compare({}, {}) >= 0")


def has_keys(node: Any, compiler: Any) -> Sql | None:
    """?, ?& and ?|: keys of an object, texts of an array, or the text itself."""
    if isinstance(node.rhs, json.KeyTransform):
        *path, key = key_names(node.rhs)[1]
        left = json_side(_deeper(node.lhs, path), compiler)
        keys = [key]
    else:
        left = json_side(node.lhs, compiler)
        keys = list(node.rhs) if isinstance(node.rhs, list | tuple) else [node.rhs]
    if left is None:
        return None
    sql, parameters = left.taken()
    one = HAS_KEY.format(json=sql)
    every = (node.logical_operator or "").join([one] * len(keys))
    return f"({every})", [p for key in keys for p in (*parameters, *parameters, str(key), str(key))]


def key_is_null(node: Any, compiler: Any) -> Sql | None:
    """Whether nothing is there; JSON's null is something."""
    place = json_side(node.lhs, compiler)
    if place is None:
        return None
    sql, parameters = place.taken("json_type")
    return f"{sql} IS {'' if node.rhs else 'NOT '}NULL", parameters


def icontains(node: Any, compiler: Any) -> Sql | None:
    """The folded part somewhere in the JSON, as PostgreSQL writes it."""
    left = json_side(node.lhs, compiler)
    if left is None:
        return None
    part, part_parameters = folded_part(*part_side(node, compiler))
    sql, parameters = left.taken()
    return f"instr(fold(jsonb_text({sql})), {part}) > 0", [*parameters, *part_parameters]


def key(node: Any, compiler: Any) -> Sql | None:
    """A value in a SELECT, an ORDER BY, a function: as Django has it, but wherever the path leads."""
    place = json_side(node, compiler)
    assert place is not None
    kind, parameters = place.taken("json_type")
    value, _ = place.taken("json_extract")
    return (
        f"(CASE WHEN {kind} IN ('false', 'true', 'null') THEN {kind} ELSE {value} END)",
        parameters * 3,
    )


def key_text(node: Any, compiler: Any) -> Sql | None:
    """->>: the value as a text, as PostgreSQL writes it; NULL for JSON's null."""
    place = json_side(node, compiler)
    assert place is not None
    kind, parameters = place.taken("json_type")
    value, _ = place.taken("json_extract")
    json_text, json_parameters = place.taken()
    return (
        f"(CASE {kind} WHEN 'text' THEN {value} WHEN 'null' THEN NULL ELSE jsonb_text({json_text}) END)",
        [*parameters, *parameters, *json_parameters],
    )


JSON_LOOKUPS: dict[type, Writer] = {
    json.KeyTransform: key,
    json.KeyTextTransform: key_text,
    json.JSONExact: exact,
    json.KeyTransformExact: exact,
    json.KeyTransformIn: key_in,
    json.KeyTransformIsNull: key_is_null,
    json.KeyTransformLt: less,
    json.KeyTransformLte: less_or_equal,
    json.KeyTransformGt: greater,
    json.KeyTransformGte: greater_or_equal,
    json.DataContains: contains,
    json.ContainedBy: contained_by,
    json.HasKey: has_keys,
    json.HasKeys: has_keys,
    json.HasAnyKeys: has_keys,
    json.JSONIContains: icontains,
}


def json_side(side: Any, compiler: Any) -> Place | None:
    """Where a side of a lookup finds its JSON; None when it is something we know nothing about."""
    if type(side) in (json.KeyTransform, json.KeyTextTransform):
        column, keys = key_names(side)
        sql, parameters = compiler.compile(column)
        return _placed(sql, list(parameters), keys)
    if not isinstance(side, expressions.Expression) or not isinstance(
        side.output_field, json.JSONField
    ):
        return None
    if any(isinstance(part, json.KeyTransform) for part in side.flatten()):
        return None  # a key inside a function is a value of SQLite's, and no JSON any more
    sql, parameters = compiler.compile(side)
    return Place(sql, list(parameters), "$")


def key_names(transform: Any) -> tuple[Any, list[str]]:
    """What the keys are looked up in, and the keys, outermost first."""
    keys: list[str] = []
    while isinstance(transform, json.KeyTransform):
        keys.insert(0, transform.key_name)
        transform = transform.lhs
    return transform, keys


def _placed(document: str, parameters: list[Any], keys: list[str]) -> Place:
    if len(keys) > 1 and any(map(_is_number, keys)):
        # PostgreSQL's #> takes a number for an index or for a key, whatever it meets there.
        return Place(f"jsonb_at({document}, %s)", [*parameters, standard.dumps(keys)], "$")
    return Place(document, parameters, "$" + "".join(map(_step, keys)))


def _step(key: str) -> str:
    if not _is_number(key):
        return f".{standard.dumps(key)}"
    return f"[{int(key)}]" if int(key) >= 0 else f"[#{int(key)}]"


def _is_number(key: str) -> bool:
    try:
        int(key)
    except ValueError:
        return False
    return True


def _deeper(side: Any, path: list[str]) -> Any:
    for name in path:
        side = json.KeyTransform(name, side)
    return side


def _sides(node: Any, compiler: Any) -> tuple[Place, Place] | None:
    left = json_side(node.lhs, compiler)
    if node.rhs_is_direct_value():
        # Past the mixins, which make numbers and SQLite's own types of it.
        sql, parameters = lookups.FieldGetDbPrepValueMixin.get_db_prep_lookup(
            node, node.rhs, compiler.connection
        )
        right: Place | None = Place(sql, list(parameters), "$")
    else:
        right = json_side(node.rhs, compiler)
    return None if left is None or right is None else (left, right)


def _both_sides(node: Any, compiler: Any) -> tuple[Place, Place]:
    written = _sides(node, compiler)
    if written is None:
        raise NotSupportedError(
            f"{node.lookup_name} needs JSON on both sides: a column, a key of one, or a value. A "
            "subquery, or a key inside a function, is none on this engine; annotate the key itself."
        )
    return written


def _between(node: Any, compiler: Any, template: str) -> Sql | None:
    written = _sides(node, compiler)
    return None if written is None else _called(template, *written)


def _called(template: str, left: Place, right: Place) -> Sql:
    left_sql, left_parameters = left.taken()
    right_sql, right_parameters = right.taken()
    return template.format(left_sql, right_sql), [*left_parameters, *right_parameters]


def _equals_plain(left: Place, value: Any) -> Sql | None:
    """A plain value is asked for without Python: its type, and what it is."""
    if isinstance(value, list | dict) or left.path == "$":
        return None
    if isinstance(value, int) and not -LARGEST <= value < LARGEST:
        return None
    kind, parameters = left.taken("json_type")
    if value is None or isinstance(value, bool):
        name = {None: "null", True: "true", False: "false"}[value]
        return f"{kind} = '{name}'", parameters
    types = "'text'" if isinstance(value, str) else "'integer', 'real'"
    extracted, _ = left.taken("json_extract")
    return f"({kind} IN ({types}) AND {extracted} = %s)", [*parameters, *parameters, value]


def _equals_any(left: Place, value: Any) -> Sql:
    sql, parameters = left.taken()
    return f"jsonb_canonical({sql}) = %s", [*parameters, jsonb.canonical(value)]
