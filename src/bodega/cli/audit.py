"""`bodega audit`: is the data true? Reads only, in one snapshot, beside a living shop or on a copy."""

import argparse
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import bodega.databases  # noqa: F401 - first: one SQLite library
from bodega.cli.backup import progress
from bodega.databases.layout import volume_directory
from bodega.databases.looking import CannotLook
from bodega.lib.clock import utc_now
from bodega.ops.audit import examination, gaps, sums
from bodega.ops.audit.books import open_books
from bodega.ops.audit.memory import Last, note
from bodega.ops.audit.questions import Answer, Question
from bodega.ops.audit.report import Audit, as_json, listing, show
from bodega.ops.backup.configuration import journal_directory


def run(arguments: list[str]) -> int:
    """Exit codes: 0 no finding, 1 something is late or to be decided, 2 something is not true, or the
    words were wrong, or there is no shop to ask."""
    options = parser().parse_args(arguments)
    if options.sqlite:
        return foreign_audit(options)
    try:
        questions = examination.choose(options.only)
    except examination.NoSuchQuestion as error:
        print(f"bodega audit: {error}", file=sys.stderr)
        return 2
    if options.list:
        print(listing(questions))
        return 0
    volume = Path(options.volume).absolute() if options.volume else volume_directory()
    try:
        done = audit(volume, questions, options.most, silent=options.json)
        if options.remember:
            note(volume, Last(done.at.isoformat(), done.level.word, done.sentence))
    except (CannotLook, OSError) as error:
        print(f"bodega audit: {error}", file=sys.stderr)
        return 2
    return report(done, as_object=options.json, is_brief=options.brief)


def audit(volume: Path, questions: Sequence[Question], most: int, *, silent: bool = True) -> Audit:
    """Ask everything. Raises CannotLook."""
    began, now = time.monotonic(), utc_now()
    with open_books(volume, journal_directory(volume), now) as books, progress(silent) as tell:
        answers: list[Answer] = []
        for number, question in enumerate(questions, 1):
            tell(f"{number} of {len(questions)}: {question.id}")
            answers += examination.examine(books, [question], most)
        explained = gaps.explain(books) if gaps.QUESTIONS[0] in questions else []
        added = sums.add_up(books)
    return Audit(now, answers, explained, added, time.monotonic() - began)


def report(done: Audit, *, as_object: bool, is_brief: bool) -> int:
    """Print it; the exit code."""
    if as_object:
        print(json.dumps(as_json(done), indent=1, ensure_ascii=False))
    else:
        from rich.console import Console

        show(done, Console(highlight=False), is_brief=is_brief)
    return int(done.level)


def foreign_audit(options: argparse.Namespace) -> int:
    """Another program's database: 0 nothing is missing, 1 ids are, 2 there is evidence, or damage."""
    from bodega.databases.foreign import open_foreign
    from bodega.databases.tables import NoSuchTable
    from bodega.ops.audit import foreign, foreign_report

    try:
        with open_foreign(Path(options.sqlite)) as found:
            done = foreign.examine(found, options.table, options.id_column, options.created_column)
    except (CannotLook, NoSuchTable) as error:
        print(f"bodega audit: {error}", file=sys.stderr)
        return 2
    if options.json:
        print(json.dumps(foreign_report.as_json(done), indent=1, ensure_ascii=False))
    else:
        from rich.console import Console

        foreign_report.show(done, Console(highlight=False))
    return int(done.level)


def parser() -> argparse.ArgumentParser:
    """The words of this verb."""
    words = argparse.ArgumentParser(
        prog="bodega audit",
        description="Is the data true? Every question is a named query that returns the rows which "
        "are wrong. Changes nothing. Of another program's database: which ids are missing, and what "
        "that proves.",
        epilog="docs/audit.md says what each question means and what to do.",
    )
    words.add_argument("--volume", default="", metavar="DIR", help="default $BODEGA_VOLUME")
    words.add_argument(
        "--only", action="append", default=[], metavar="ID", help="a question, or a theme: orders"
    )
    words.add_argument("--list", action="store_true", help="show the questions, ask nothing")
    words.add_argument("--most", type=int, default=10, metavar="N", help="rows shown of each (10)")
    words.add_argument("--brief", action="store_true", help="only what is not ok")
    words.add_argument("--remember", action="store_true", help="leave the result for doctor")
    words.add_argument("--json", action="store_true", help="one JSON object")
    foreign = words.add_argument_group("another program's database")
    foreign.add_argument("--sqlite", default="", metavar="FILE", help="any SQLite database")
    foreign.add_argument("--table", default="orders", metavar="NAME", help="default: orders")
    foreign.add_argument("--id-column", default="", metavar="NAME", help="default: its primary key")
    foreign.add_argument("--created-column", default="", metavar="NAME", help="default: guessed")
    return words
