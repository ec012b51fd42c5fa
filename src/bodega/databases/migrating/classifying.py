"""Every unapplied migration, with its class, the reason in a sentence, and an estimate.

* safe: may run beside an older release, at any time.
* quiet: an older release can live with it, but writers wait for so long, or triggers are missing for a
  moment, that it should have the shop to itself (`bodega pause`).
* refused: while an older generation lives. Not wrong: for later, or for another way.
"""

from collections.abc import Iterable, Iterator, Sequence
from enum import IntEnum
from typing import Any, NamedTuple

from django.db import connections, router
from django.db.migrations import Migration, operations
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from bodega.databases.migrating import estimating
from bodega.databases.migrating.compatibility import Situation, objection
from bodega.databases.migrating.estimating import Rows
from bodega.databases.migrating.rehearsing import Rehearsal, Stage

NOTICED_SECONDS = 0.5  # a buyer who waits for this long notices; after five seconds writers give up


class Class(IntEnum):
    """From the best to the worst."""

    SAFE = 0
    QUIET = 1
    REFUSED = 2


class Verdict(NamedTuple):
    """What an operation, or a whole migration, is. `seconds`: how long writers wait for it."""

    what: str
    grade: Class
    reason: str
    seconds: float
    rebuilt: tuple[str, ...]
    lost: tuple[str, ...]

    @property
    def word(self) -> str:
        """safe, quiet or refused."""
        return self.grade.name.lower()


class Judgement(NamedTuple):
    """An unapplied migration and its operations."""

    migration: str
    database: str
    verdict: Verdict
    operations: tuple[Verdict, ...]


def classify(alias: str) -> list[Judgement]:
    """The unapplied migrations of a database, in the order in which they would run.

    Only reads. Raises django.db.DatabaseError.
    """
    connection: Any = connections[alias]
    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    steps = [migration for migration, is_backwards in plan if not is_backwards]
    if not steps:
        return []
    stage = Stage(connection)
    try:
        return list(_judged(executor, steps, stage))
    finally:
        stage.close()


def _judged(
    executor: MigrationExecutor, steps: Iterable[Migration], stage: Stage
) -> Iterator[Judgement]:
    connection: Any = executor.connection
    rows = Rows(connection)
    is_new = not executor.loader.applied_migrations
    state = _state_now(executor)
    made: set[tuple[str, str]] = set()  # models that no older release knows
    for migration in steps:
        verdicts = []
        is_here = router.allow_migrate(connection.alias, migration.app_label)
        for operation in migration.operations:
            before = state.clone()
            operation.state_forwards(migration.app_label, state)
            if not is_here:
                continue
            situation = Situation(migration.app_label, connection, before, state)
            rehearsal = stage.rehearse(operation, migration.app_label, before, state)
            is_unknown = is_new or _is_about(operation, migration.app_label, made)
            verdicts.append(judge(operation, situation, rehearsal, rows, is_unknown=is_unknown))
            if isinstance(operation, operations.CreateModel):
                made.add((migration.app_label, operation.name_lower))
        if is_here:
            name = f"{migration.app_label}.{migration.name}"
            whole = together(name, verdicts, estimating.checking(rows))
            yield Judgement(name, connection.alias, whole, tuple(verdicts))


def _state_now(executor: MigrationExecutor) -> ProjectState:
    """The models as the applied migrations left them."""
    loader = executor.loader
    state = ProjectState(real_apps=loader.unmigrated_apps)
    everything = executor.migration_plan(loader.graph.leaf_nodes(), clean_start=True)
    for migration, _ in everything:
        if (migration.app_label, migration.name) in loader.applied_migrations:
            migration.mutate_state(state, preserve=False)
    return state


def judge(
    operation: Operation,
    situation: Situation,
    rehearsal: Rehearsal,
    rows: Rows,
    *,
    is_unknown: bool = False,
) -> Verdict:
    """One operation. `is_unknown`: no older release knows the tables it is about."""
    seconds = estimating.seconds(rehearsal, rows)

    def verdict(grade: Class, reason: str) -> Verdict:
        what = operation.describe()
        return Verdict(what, grade, reason, seconds, rehearsal.rebuilt, rehearsal.lost)

    if rehearsal.failure:
        return verdict(Class.REFUSED, f"it fails on these tables: {rehearsal.failure}")
    if is_unknown:
        return verdict(Class.SAFE, "no older release knows these tables")
    against = objection(operation, situation)
    if against and (rehearsal.statements or _may_do_anything(operation)):
        return verdict(Class.REFUSED, against)
    if rehearsal.lost:
        names = ", ".join(rehearsal.lost)
        return verdict(
            Class.QUIET, f"the table is rebuilt, and until migrations end it lacks {names}"
        )
    if seconds >= NOTICED_SECONDS:
        return verdict(
            Class.QUIET, f"writers wait for about {seconds:.1f} s: {_why(rehearsal, rows)}"
        )
    if not rehearsal.statements and not _may_do_anything(operation):
        return verdict(Class.SAFE, "nothing changes in the database")
    if rehearsal.rebuilt:
        return verdict(Class.SAFE, f"{_why(rehearsal, rows)}, which nobody notices")
    return verdict(Class.SAFE, "an older release does not notice it")


def together(name: str, verdicts: Sequence[Verdict], checking: float = 0.0) -> Verdict:
    """A migration is what the worst of its operations is; the lock is held for all of them.

    `checking`: seconds that Django checks all foreign keys for afterwards.
    """
    seconds = sum(each.seconds for each in verdicts) + (checking if verdicts else 0.0)
    worst = max(verdicts, key=lambda each: each.grade, default=None)
    grade, reason = (worst.grade, worst.reason) if worst else (Class.SAFE, "it does nothing")
    if grade is Class.SAFE and seconds >= NOTICED_SECONDS:
        grade = Class.QUIET
        reason = f"writers wait for about {seconds:.1f} s until all of it is done and checked"
    return Verdict(
        *(name, grade, reason, seconds),
        rebuilt=tuple(table for each in verdicts for table in each.rebuilt),
        lost=tuple(trigger for each in verdicts for trigger in each.lost),
    )


def _why(rehearsal: Rehearsal, rows: Rows) -> str:
    table = estimating.biggest([rehearsal], rows) or max(rehearsal.scanned, key=rows.count)
    doing = "is rebuilt" if rehearsal.rebuilt else "is read"
    return f"{table} ({rows.count(table):,} rows) {doing}"


def _may_do_anything(operation: Operation) -> bool:
    if isinstance(operation, operations.SeparateDatabaseAndState):
        return any(map(_may_do_anything, operation.database_operations))
    return isinstance(operation, operations.RunPython | operations.RunSQL)


def _is_about(operation: Any, app_label: str, made: set[tuple[str, str]]) -> bool:
    name = getattr(operation, "model_name", None) or getattr(operation, "name", None)
    return isinstance(name, str) and (app_label, name.lower()) in made
