from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections
from django.db.models import CharField, F, IntegerField, Q, Transform, Value
from django.db.models.functions import Concat, Lower
from django.db.models.lookups import IContains
from django.test.utils import register_lookup

from tests.databases.engine.two_engines import Name

TEXTS = [
    *("Café", "CAFÉ", "cafe", "caf", "Straße", "STRASSE", "100%", "100 %", "a_b", "axb", "a\\b"),
    *("[x]", "x", "a*b", "a?b", "ΟΔΟΣ", "οδος", "日本", "", None),
]

# What every database finds.
EXACT: list[tuple[str, Q, set[str | None]]] = [
    ("contains is exact", Q(text__contains="AF"), {"CAFÉ"}),
    ("accents count", Q(text__contains="cafe"), {"cafe"}),
    ("a beginning is exact", Q(text__startswith="Caf"), {"Café"}),
    ("an end is exact", Q(text__endswith="É"), {"CAFÉ"}),
    ("equal is exact", Q(text="cafe"), {"cafe"}),
    ("per cent means itself", Q(text__contains="0%"), {"100%"}),
    ("per cent means itself at the end", Q(text__endswith="%"), {"100%", "100 %"}),
    ("an underscore means itself", Q(text__contains="a_b"), {"a_b"}),
    ("an underscore means itself at the beginning", Q(text__startswith="a_"), {"a_b"}),
    ("a backslash means itself", Q(text__contains="\\"), {"a\\b"}),
    ("a backslash means itself at the beginning", Q(text__startswith="a\\"), {"a\\b"}),
    ("a bracket means itself", Q(text__startswith="[x"), {"[x]"}),
    ("a bracket means itself at the end", Q(text__endswith="x]"), {"[x]"}),
    ("a star means itself", Q(text__startswith="a*"), {"a*b"}),
    ("a question mark means itself", Q(text__endswith="?b"), {"a?b"}),
    ("per cent, without case", Q(text__icontains="0%"), {"100%"}),
    ("an underscore, without case", Q(text__istartswith="A_"), {"a_b"}),
    ("an underscore as a whole, without case", Q(text__iexact="A_B"), {"a_b"}),
    ("per cent at the end, without case", Q(text__iendswith="%"), {"100%", "100 %"}),
    ("a backslash, without case", Q(text__icontains="A\\B"), {"a\\b"}),
    ("the empty text is in every text", Q(text__contains=""), set(TEXTS) - {None}),
    ("every text begins with the empty one", Q(text__startswith=""), set(TEXTS) - {None}),
    ("every text ends with the empty one", Q(text__endswith=""), set(TEXTS) - {None}),
    ("so it is without case", Q(text__icontains=""), set(TEXTS) - {None}),
    ("at the beginning too", Q(text__istartswith=""), set(TEXTS) - {None}),
    ("and at the end", Q(text__iendswith=""), set(TEXTS) - {None}),
    ("the empty text is itself", Q(text__iexact=""), {""}),
    ("None without case is NULL", Q(text__iexact=None), {None}),
    ("NULL is not found", Q(text__icontains="a") & Q(text__isnull=True), set()),
    ("what is not found is excluded, not NULL", ~Q(text__contains="a") & Q(text__isnull=True), {None}),
    ("nor without case", ~Q(text__icontains="a") & Q(text__isnull=True), {None}),
    ("another column", Q(text__contains=F("other")), {"a_b"}),
    ("its beginning", Q(text__startswith=F("other")), {"a_b"}),
    ("its end", Q(text__endswith=F("other")), {"a_b"}),
    ("another column, without case", Q(text__icontains=F("other")), {"a_b"}),
    ("an expression", Q(text__iendswith=Concat(Value("_"), Value("B"))), {"a_b"}),
    ("a number's digits", Q(number__contains="2") & Q(text="cafe"), {"cafe"}),
    ("a number's beginning", Q(number__startswith="12") & Q(text="cafe"), {"cafe"}),
    ("a number's end, without case", Q(number__iendswith="3") & Q(text="cafe"), {"cafe"}),
    ("a pattern", Q(text__regex=r"^[a-c]_b$"), {"a_b"}),
    ("a pattern without case", Q(text__iregex=r"^A_B$"), {"a_b"}),
]  # fmt: skip

# What ours finds on top of it.
FOLDED: list[tuple[str, Q, set[str | None]]] = [
    ("case in all of Unicode", Q(text__icontains="ΔΟΣ"), {"ΟΔΟΣ", "οδος"}),
    ("neither case nor accents", Q(text__icontains="AFÈ"), {"Café", "CAFÉ", "cafe"}),
    ("at the beginning", Q(text__istartswith="cafÉ"), {"Café", "CAFÉ", "cafe"}),
    ("at the end", Q(text__iendswith="FE"), {"Café", "CAFÉ", "cafe"}),
    ("as a whole", Q(text__iexact="çafe"), {"Café", "CAFÉ", "cafe"}),
    ("the German sharp s", Q(text__iexact="strasse"), {"Straße", "STRASSE"}),
    ("the other way round", Q(text__icontains="ß"), {"Straße", "STRASSE"}),
    ("full-width letters", Q(text__iexact="ｃａｆｅ"), {"Café", "CAFÉ", "cafe"}),
    ("a full-width wildcard is none", Q(text__icontains="a＿b"), {"a_b"}),
    ("a composed letter is its parts", Q(text__iexact="cafe\u0301"), {"Café", "CAFÉ", "cafe"}),
    ("letters without case", Q(text__icontains="本"), {"日本"}),
    ("a pattern knows case in all of Unicode", Q(text__iregex="^café$"), {"Café", "CAFÉ"}),
]


@pytest.fixture(scope="module")
def names(engine: str) -> Iterator[Any]:
    objects = Name.objects.using(engine)
    objects.bulk_create(
        Name(text=text, other="a_b" if text == "a_b" else "§", number=123 if text == "cafe" else 7)
        for text in TEXTS
    )
    yield objects
    objects.all().delete()


@pytest.mark.parametrize(("question", "found"), [c[1:] for c in EXACT], ids=[c[0] for c in EXACT])
def test_exact_lookups_are_the_same_everywhere(
    names: Any, question: Q, found: set[str | None]
) -> None:
    assert set(names.filter(question).values_list("text", flat=True)) == found


@pytest.fixture
def our_names(ours: str) -> Iterator[Any]:
    objects = Name.objects.using(ours)
    objects.bulk_create(Name(text=text) for text in TEXTS)
    yield objects
    objects.all().delete()


@pytest.mark.parametrize(("question", "found"), [c[1:] for c in FOLDED], ids=[c[0] for c in FOLDED])
def test_folding_lookups_know_neither_case_nor_accents(
    our_names: Any, question: Q, found: set[str | None]
) -> None:
    assert set(our_names.filter(question).values_list("text", flat=True)) == found


def test_djangos_own_sqlite_backend_differs(control: str) -> None:
    """The control: what these lookups are for, and that other engines keep theirs."""
    names = Name.objects.using(control)
    names.bulk_create(Name(text=text) for text in TEXTS)
    assert set(names.filter(text__icontains="café").values_list("text", flat=True)) == {"Café"}
    assert names.filter(text__contains="AF").count() == 4
    query = names.filter(text__icontains="x").query
    assert "LIKE" in query.get_compiler(using=control).as_sql()[0]


class Shouting(Transform):
    bilateral = True
    lookup_name = "shouting"
    function = "UPPER"


def test_a_transform_of_both_sides_is_applied_to_both(our_names: Any) -> None:
    with register_lookup(CharField, Shouting):
        found = our_names.filter(text__shouting__contains="af").values_list("text", flat=True)
        assert set(found) == {"Café", "CAFÉ", "cafe", "caf"}
        assert our_names.filter(text__shouting__istartswith="CAF").count() == 4


def test_a_function_on_the_left_is_looked_into(our_names: Any) -> None:
    found = our_names.annotate(low=Lower("text")).filter(low__startswith="caf")
    assert found.count() == 4
    assert our_names.annotate(n=Value(5, IntegerField())).filter(n__icontains="5").count() == len(
        TEXTS
    )


def test_a_beginning_uses_the_index(our_names: Any, ours: str) -> None:
    sql, parameters = our_names.filter(text__startswith="Caf").values("pk").query.sql_with_params()
    with connections[ours].cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
        assert "USING COVERING INDEX" in str(cursor.fetchall())


def test_a_projects_own_lookup_keeps_its_own_sql(our_names: Any) -> None:
    class Odd(IContains):
        lookup_name = "odd"

        def as_sql(self, compiler: Any, connection: Any) -> Any:
            return "1 = 0", []

    with register_lookup(CharField, Odd):
        assert our_names.filter(text__odd="caf").count() == 0
