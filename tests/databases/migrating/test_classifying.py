"""Every operation is judged, then really run on a scratch file and watched: the rehearsal was right."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections, models, router
from django.db.migrations import operations
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from bodega.databases.migrating import classifying
from bodega.databases.migrating.classifying import Class, Verdict, judge, together
from bodega.databases.migrating.compatibility import Situation
from bodega.databases.migrating.estimating import Rows
from bodega.databases.migrating.rehearsing import Rehearsal, Stage
from tests.databases.engine.two_engines import OURS, database
from tests.databases.migrating.cases import BASE, CASES, TRIGGER


class Scene:
    """A scratch file with the tables of BASE, a trigger, and a few rows."""

    def __init__(self, alias: str) -> None:
        self.connection: Any = connections[alias]
        self.state = ProjectState()
        for operation in BASE:
            before = self.state.clone()
            operation.state_forwards("scratch", self.state)
            self.run(operation, before, self.state)
        with self.connection.cursor() as cursor:
            cursor.execute(TRIGGER)
            cursor.execute(
                "INSERT INTO scratch_book (title, pages, isbn, code) VALUES ('a', 1, '2', 'x')"
            )

    def run(self, operation: Any, before: ProjectState, after: ProjectState) -> list[str]:
        """Really run an operation; its statements."""
        statements: list[str] = []

        def watch(execute: Any, sql: str, *rest: Any) -> Any:
            statements.append(sql)
            return execute(sql, *rest)

        with (
            self.connection.execute_wrapper(watch),
            self.connection.schema_editor(atomic=True) as editor,
        ):
            operation.database_forwards("scratch", editor, before, after)
        return statements

    def rehearse(self, operation: Any) -> tuple[Situation, Rehearsal]:
        after = self.state.clone()
        operation.state_forwards("scratch", after)
        stage = Stage(self.connection)
        try:
            rehearsal = stage.rehearse(operation, "scratch", self.state, after)
        finally:
            stage.close()
        return Situation("scratch", self.connection, self.state, after), rehearsal

    def judge(self, operation: Any, **known: bool) -> Verdict:
        situation, rehearsal = self.rehearse(operation)
        return judge(operation, situation, rehearsal, Rows(self.connection), **known)


@pytest.fixture
def scene(
    tmp_path: Path, django_db_blocker: Any, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Scene]:
    monkeypatch.setattr(router, "routers", [])
    name = str(tmp_path / "scratch.sqlite3")
    with (
        django_db_blocker.unblock(),
        database(f"scene {tmp_path.name}", ENGINE=OURS, NAME=name) as a,
    ):
        yield Scene(a)


@pytest.mark.parametrize(
    ("operation", "word", "is_rebuilt", "reason"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_an_operation_is_judged_and_does_what_its_rehearsal_did(
    scene: Scene, operation: Any, word: str, is_rebuilt: bool, reason: str
) -> None:
    verdict = scene.judge(operation)
    assert (verdict.word, bool(verdict.rebuilt)) == (word, is_rebuilt), verdict
    assert reason in verdict.reason
    if "fails" in reason:
        return
    after = scene.state.clone()
    operation.state_forwards("scratch", after)
    really = scene.run(operation, scene.state, after)
    assert any('CREATE TABLE "new__' in sql for sql in really) is is_rebuilt
    with scene.connection.cursor() as cursor:
        left = cursor.execute(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'trigger'"
        ).fetchone()
    assert (left == (0,)) is (verdict.lost == ("noted",))


def test_the_rehearsal_leaves_the_file_as_it_is(scene: Scene) -> None:
    schema = "SELECT name, sql FROM sqlite_schema ORDER BY name"
    with scene.connection.cursor() as cursor:
        before = cursor.execute(schema).fetchall()
        scene.judge(operations.DeleteModel("Book"))
        assert cursor.execute(schema).fetchall() == before
        assert cursor.execute("SELECT count(*) FROM scratch_book").fetchone() == (1,)


def test_an_operation_nobody_knows_is_refused(scene: Scene) -> None:
    class Odd(Operation):
        def state_forwards(self, app_label: str, state: ProjectState) -> None:
            pass

        def database_forwards(self, app_label: str, editor: Any, *_: Any) -> None:
            editor.execute("CREATE TABLE odd (x)")

    verdict = scene.judge(Odd())
    assert (verdict.word, verdict.reason) == (
        "refused",
        "Odd is an operation that nobody here knows",
    )


def test_tables_that_no_older_release_knows_may_be_changed_at_will(scene: Scene) -> None:
    verdict = scene.judge(operations.RemoveField("Book", "subtitle"), is_unknown=True)
    assert (verdict.word, verdict.reason) == ("safe", "no older release knows these tables")


def test_many_rows_make_a_rebuild_noticeable(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    with scene.connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER noted")
    longer = operations.AlterField("Book", "title", models.CharField(max_length=90))
    few = scene.judge(longer)
    assert (few.word, few.seconds < 0.001) == ("safe", True)
    assert "scratch_book (1 rows) is rebuilt, which nobody notices" in few.reason
    monkeypatch.setattr(Rows, "count", lambda *_: 1_000_000)
    many = scene.judge(longer)
    assert many.word == "quiet"
    assert many.seconds == pytest.approx(5 + 3 * 4)  # a copy, and four indexes
    assert many.reason == "writers wait for about 17.0 s: scratch_book (1,000,000 rows) is rebuilt"
    index = operations.AddIndex("Book", models.Index(fields=["title"], name="by_title"))
    assert (
        scene.judge(index).reason
        == "writers wait for about 3.0 s: scratch_book (1,000,000 rows) is read"
    )


def test_a_migration_is_what_its_worst_operation_is() -> None:
    safe = Verdict("a", Class.SAFE, "fine", 0.3, (), ())
    quiet = Verdict("b", Class.QUIET, "slow", 0.6, ("t",), ("trigger",))
    refused = Verdict("c", Class.REFUSED, "gone", 0.0, (), ())
    whole = together("m", [safe, refused, quiet])
    assert (whole.word, whole.reason) == ("refused", "gone")
    assert (whole.rebuilt, whole.lost, round(whole.seconds, 1)) == (("t",), ("trigger",), 0.9)
    assert together("m", [safe]).word == "safe"
    assert together("m", [safe, safe]).word == "quiet"
    assert together("m", [safe], checking=0.3).word == "quiet"
    assert together("m", []).reason == "it does nothing"


@pytest.mark.django_db(databases=["default", "queue"])
def test_a_shop_that_is_up_to_date_has_nothing_to_judge() -> None:
    assert classifying.classify("default") == []
    assert classifying.classify("queue") == []


@pytest.mark.django_db(databases=["default"])
def test_an_unapplied_migration_is_judged() -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("DELETE FROM django_migrations WHERE app = 'outbox'")
        tables = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name GLOB 'outbox_*'"
        for (table,) in cursor.execute(tables).fetchall():
            cursor.execute(f"DROP TABLE {table}")
    (found,) = classifying.classify("default")
    assert (found.migration, found.database) == ("outbox.0001_initial", "default")
    assert found.verdict.word == "safe", found


def test_a_fresh_file_has_no_older_release(tmp_path: Path, django_db_blocker: Any) -> None:
    name = str(tmp_path / "queue.sqlite3")
    with django_db_blocker.unblock():
        alias = connections["queue"].alias
        fresh = type(connections["queue"])(
            {**connections["queue"].settings_dict, "NAME": name}, alias
        )
        kept = connections["queue"]
        connections["queue"] = fresh
        try:
            found = classifying.classify("queue")
        finally:
            fresh.close()
            connections["queue"] = kept
    assert [each.migration for each in found] == ["jobs.0001_initial"]
    assert {one.reason for one in found[0].operations} == {"no older release knows these tables"}
