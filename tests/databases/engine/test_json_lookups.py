"""Each case states what PostgreSQL documents, and is asserted on our engine and on PostgreSQL itself."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import NotSupportedError
from django.db.models import F, JSONField, Q, Value
from django.db.models.fields.json import KT, KeyTransform
from django.db.models.functions import Coalesce

from tests.databases.engine.two_engines import Document

DOCUMENTS: dict[str, Any] = {
    "number": {"a": 123},
    "text": {"a": "123"},
    "float": {"a": 123.0},
    "true": {"a": True},
    "text true": {"a": "true"},
    "false": {"a": False},
    "one": {"a": 1},
    "null": {"a": None},
    "text null": {"a": "null"},
    "missing": {"b": 1},
    "empty": {},
    "object": {"a": {"x": 1, "y": [1, 2]}, "b": 2},
    "object written otherwise": {"b": 2, "a": {"y": [1, 2.0], "x": 1.0}},
    "object in a text": {"a": '{"x": 1, "y": [1, 2]}'},
    "array": {"a": [1, "two", None, {"x": 1}, [3]]},
    "empty array": {"a": []},
    "sizes": {"sizes": {"40": 3, "41": 0}, "a": -5},
    "accent": {"a": "Café GRÖSSE", "ä.b": 1, 'q"uote': 2, "per%cent": 3},
    "top array": ["foo", "bar", 1, ["baz"]],
    "top text": "foo",
    "top number": 7,
    "top null": Value(None, JSONField()),
    "SQL NULL": None,
}
A_NUMBER = {"number", "float", "one", "sizes"}
OBJECTS = {"object", "object written otherwise"}

CASES: list[tuple[str, Q, set[str]]] = [
    ("a number is no text", Q(data__a=123), {"number", "float"}),
    ("a text is no number", Q(data__a="123"), {"text"}),
    ("1 is 1.0", Q(data__a=123.0), {"number", "float"}),
    ("true is neither 1 nor a text", Q(data__a=True), {"true"}),
    ("1 is not true", Q(data__a=1), {"one"}),
    ("the text true is no boolean", Q(data__a="true"), {"text true"}),
    ("false is not null", Q(data__a=False), {"false"}),
    ("null is a value", Q(data__a=None), {"null"}),
    ("the text null is no null", Q(data__a="null"), {"text null"}),
    ("null is there", Q(data__a__isnull=False) & Q(data__a=None), {"null"}),
    (
        "missing is not there",
        Q(data__a__isnull=True),
        {"missing", "empty", "top array", "top text", "top number", "top null", "SQL NULL"},
    ),
    ("an object, however written", Q(data__a={"y": [1, 2], "x": 1}), OBJECTS),
    ("an object is no text", Q(data__a='{"x": 1, "y": [1, 2]}'), {"object in a text"}),
    ("an array has an order", Q(data__a__y=[2, 1]), set()),
    ("an array", Q(data__a__y=[1, 2]), OBJECTS),
    ("an empty array", Q(data__a=[]), {"empty array"}),
    ("nested", Q(data__a__x=1), OBJECTS),
    ("an index", Q(data__a__0=1), {"array"}),
    ("an index from the end", Q(**{"data__a__-1": [3]}), {"array"}),
    ("an index at the top", Q(data__0="foo") & Q(data__has_key="bar"), {"top array"}),
    ("an index at the top from its end", Q(**{"data__-1": ["baz"]}), {"top array"}),
    ("an index beyond the end", Q(data__a__7__isnull=False), set()),
    ("null in an array is there", Q(data__a__2=None), {"array"}),
    ("deep in an array", Q(data__a__3__x=1), {"array"}),
    ("a number as a key, nested", Q(data__sizes__40=3), {"sizes"}),
    ("a number as a key, compared", Q(data__sizes__40__gt=2), {"sizes"}),
    ("a number as a key, there", Q(data__sizes__41__isnull=False), {"sizes"}),
    ("a key with a dot and an umlaut", Q(**{"data__ä.b": 1}), {"accent"}),
    ("a key with a quote", Q(**{'data__q"uote': 2}), {"accent"}),
    ("a key with a per cent sign", Q(**{"data__per%cent": 3}), {"accent"}),
    ("a large number", Q(data__a=2**70), set()),
    ("a whole document", Q(data={"b": 2, "a": {"x": 1, "y": [1, 2]}}), OBJECTS),
    ("a whole text", Q(data="foo"), {"top text"}),
    ("null as a document", Q(data=Value(None, JSONField())), {"top null"}),
    ("no document", Q(data__isnull=True), {"SQL NULL"}),
    ("one of them, typed", Q(data__a__in=[123, "true", [], None]), {
        *("number", "float", "text true", "empty array"),
    }),
    ("one of them, an object", Q(data__a__in=[{"y": [1, 2], "x": 1}]), OBJECTS),
    ("none of them", Q(data__a__in=[]), set()),
    ("another key", Q(data__a__x=F("data__a__y__0")), OBJECTS),
    ("not equal leaves out what has no key", ~Q(data__a=123) & Q(data__a__isnull=False), {
        *("text", "true", "text true", "false", "one", "null", "text null", "object", "array"),
        *("object written otherwise", "object in a text", "empty array", "sizes", "accent"),
    }),
    ("greater: Object, Array, Boolean > Number > String > null", Q(data__a__gt=1), {
        *("number", "float", "true", "false", "array"), *OBJECTS,
    }),
    ("less than a number", Q(data__a__lt=1), {
        *("text", "text true", "null", "text null", "object in a text", "accent"),
        *("sizes", "empty array"),
    }),
    ("less or equal", Q(data__a__lte=1) & Q(data__a__gte=1), {"one"}),
    ("texts are ordered", Q(data__a__gte="true") & Q(data__a__lt="true0"), {"text true"}),
    ("booleans are ordered", Q(data__a__lt=True) & Q(data__a__gt=False), set()),
    ("arrays are ordered by length", Q(data__a__gt=[1, 2, 3, 4]), {"array", *OBJECTS}),
    ("objects are ordered by pairs", Q(data__a__gt={"x": 0}), OBJECTS),
    ("contains a pair", Q(data__contains={"a": 123}), {"number", "float"}),
    ("contains is typed", Q(data__contains={"a": True}), {"true"}),
    ("contains a part, deep", Q(data__contains={"a": {"y": [2]}}), OBJECTS),
    ("contains whatever the order", Q(data__contains={"a": [None, "two"]}), {"array"}),
    ("contains twice what is there once", Q(data__contains={"a": [1, 1]}), {"array"}),
    ("contains an array in an array", Q(data__contains={"a": [[3]]}), {"array"}),
    ("contains an object in an array", Q(data__contains={"a": [{}]}), {"array"}),
    ("an array contains a plain value, at the top", Q(data__contains="bar"), {"top array"}),
    ("a plain value contains itself", Q(data__contains="foo"), {"top array", "top text"}),
    ("a plain value contains no array of it", Q(data__contains=["foo"]), {"top array"}),
    ("not deeper", Q(data__contains="baz"), set()),
    ("a key's array contains a plain value", Q(data__a__contains="two"), {"array"}),
    ("a key contains", Q(data__a__contains={"x": 1}), OBJECTS),
    ("everything contains nothing", Q(data__contains={}), set(DOCUMENTS) - {
        *("top array", "top text", "top number", "top null", "SQL NULL"),
    }),
    ("is contained", Q(data__contained_by={"a": 123, "b": 1}), {
        *("number", "float", "missing", "empty"),
    }),
    ("a key is contained", Q(data__a__contained_by=[1, 2, 3]), {"empty array", "one"}),
    ("has a key", Q(data__has_key="b"), {"missing", *OBJECTS}),
    ("has a key whose value is null", Q(data__has_key="a") & Q(data__a=None), {"null"}),
    ("an array has its texts as keys", Q(data__has_key="bar"), {"top array"}),
    ("a text has itself as a key", Q(data__has_key="foo"), {"top array", "top text"}),
    ("no number is a key", Q(data__has_key="1"), set()),
    ("a number as a text is a key", Q(data__sizes__has_key="40"), {"sizes"}),
    ("nested has a key", Q(data__a__has_key="x"), OBJECTS),
    ("has a key with a quote", Q(data__has_key='q"uote'), {"accent"}),
    ("has all keys", Q(data__has_keys=["a", "b"]), OBJECTS),
    ("has any of them", Q(data__has_any_keys=["b", "sizes"]), {"missing", "sizes", *OBJECTS}),
    ("has a path", Q(data__has_key=KeyTransform("x", KeyTransform("a", "data"))), OBJECTS),
    ("a text without regard to case", Q(data__a__iexact="cAFé grÖsse"), {"accent"}),
    ("a part of a text", Q(data__a__icontains="é gRÖ"), {"accent"}),
    ("the beginning of a text is exact", Q(data__a__startswith="caf"), set()),
    ("the beginning of a text", Q(data__a__startswith="Caf"), {"accent"}),
    ("the end of a text", Q(data__a__endswith="SSE"), {"accent"}),
    ("a number as a text", Q(data__a__startswith="12") & Q(data__a__endswith="3"), {"number", "text"}),
    ("null is no text", Q(data__a__iexact="null"), {"text null"}),
    ("booleans as texts", Q(data__a__istartswith="TRU"), {"true", "text true"}),
    ("a pattern", Q(data__a__regex="^Caf. "), {"accent"}),
    ("a pattern without regard to case", Q(data__a__iregex="^caf. gr"), {"accent"}),
    ("the document as a text", Q(data__icontains='"X": 1, "y": [1'), {"object"}),
]  # fmt: skip


@pytest.fixture(scope="module")
def filled(engine: str) -> Iterator[dict[int, str]]:
    """Every document in the engine; which row is which."""
    names = {}
    for name, data in DOCUMENTS.items():
        names[Document.objects.using(engine).create(data=data).pk] = name
    yield names
    Document.objects.using(engine).all().delete()


@pytest.mark.parametrize(("question", "found"), [c[1:] for c in CASES], ids=[c[0] for c in CASES])
def test_a_question_finds_what_postgresql_documents(
    engine: str, filled: dict[int, str], question: Q, found: set[str]
) -> None:
    rows = Document.objects.using(engine).filter(question).values_list("pk", flat=True)
    assert {filled[pk] for pk in rows} == found


@pytest.mark.parametrize("question", [c[1] for c in CASES], ids=[c[0] for c in CASES])
def test_what_is_found_and_what_is_excluded_do_not_meet(
    engine: str, filled: dict[int, str], question: Q
) -> None:
    documents = Document.objects.using(engine)
    found = set(documents.filter(question).values_list("pk", flat=True))
    assert not found & set(documents.exclude(question).values_list("pk", flat=True))


def test_a_key_as_a_text_is_what_postgresql_writes(engine: str, filled: dict[int, str]) -> None:
    rows = Document.objects.using(engine).annotate(a=KT("data__a")).values_list("pk", "a")
    texts = {filled[pk]: a for pk, a in rows}
    assert texts["number"] == texts["text"] == "123"
    assert texts["true"] == "true"
    assert texts["null"] is None
    assert texts["missing"] is None
    assert texts["object"] == '{"x": 1, "y": [1, 2]}'
    assert texts["array"] == '[1, "two", null, {"x": 1}, [3]]'
    assert texts["accent"] == "Café GRÖSSE"


def test_a_key_is_a_value_again(engine: str, filled: dict[int, str]) -> None:
    rows = Document.objects.using(engine).values_list("pk", "data__a", "data__sizes__40")
    values = {filled[pk]: (a, forty) for pk, a, forty in rows}
    assert values["object"] == ({"x": 1, "y": [1, 2]}, None)
    assert values["true"] == (True, None)
    assert values["sizes"] == (-5, 3)


def test_keys_of_several_conditions_are_kept_apart(engine: str, filled: dict[int, str]) -> None:
    """Parameters are in the order of the SQL, however often a condition repeats them."""
    question = Q(data__a__x=1, data__b=2, data__has_keys=["a", "b"]) & ~Q(
        data__a__contains={"x": 2}
    )
    rows = Document.objects.using(engine).filter(question).values_list("pk", flat=True)
    assert {filled[pk] for pk in rows} == OBJECTS


def test_a_function_that_makes_json_is_json(engine: str, filled: dict[int, str]) -> None:
    made = Document.objects.using(engine).annotate(
        made=Coalesce(F("data"), Value({"none": [1.0]}, JSONField()))
    )
    for question in (Q(made__contains={"none": [1]}), Q(made={"none": [1]}), Q(made__none__0=1)):
        rows = made.filter(question).values_list("pk", flat=True)
        assert {filled[pk] for pk in rows} == {"SQL NULL"}


def test_a_key_inside_a_function_is_refused_with_a_sentence(ours: str) -> None:
    inside = Coalesce(F("data__a"), Value({}, JSONField()))
    documents = Document.objects.using(ours).annotate(made=inside)
    with pytest.raises(NotSupportedError, match="contains needs JSON on both sides"):
        documents.filter(made__contains={}).count()


def test_djangos_own_sqlite_backend_differs(control: str) -> None:
    """The control: what these lookups are for."""
    documents = Document.objects.using(control)
    documents.create(data={"a": True})
    documents.create(data={"b": 2, "a": 1})
    assert documents.filter(data__a="true").count() == 1
    assert documents.filter(data={"a": 1, "b": 2}).count() == 0
    assert documents.filter(data__sizes__40=3).count() == 0
    with pytest.raises(NotSupportedError, match="contains lookup is not supported"):
        documents.filter(data__contains={"a": 1}).count()
