"""The order journal: can it be written, is its chain whole?"""

import os
from collections.abc import Iterator

from bodega.databases.journal import journal_files
from bodega.databases.journal_reading import Damage, Entry, read
from bodega.ops.backup.configuration import journal_directory
from bodega.ops.doctor.case import Case
from bodega.ops.doctor.findings import Finding, bad, ok, unless

NAME = "orders"  # orders.journaling has the same; this runs without Django
RECENT_FILES = 2


def examine(case: Case) -> Iterator[Finding]:
    """The newest files, unless it shall be thorough."""
    directory = journal_directory(case.volume)
    if not directory.is_dir():
        yield ok("journal.chain", "There is no order journal yet; the first order begins it.")
        return
    if not os.access(directory, os.W_OK):
        told = f"This user cannot write to {directory}: no order will be confirmed."
        yield bad("journal.writable", told, f"Mount it, or: chown -R $(id -u) {directory}")
    newest: Entry | None = None
    damages = []
    oldest = None if case.is_thorough else RECENT_FILES
    for each in read(directory, NAME, newest=oldest):
        if isinstance(each, Entry):
            newest = each
        elif each.lost:
            damages.append(each)
    files = len(journal_files(directory, NAME))
    told = f"The order journal is whole: {newest.seq if newest else 0} records in {files} files"
    told += f", the last {case.ago(newest.at)} ago." if newest else "."
    yield from unless(_damaged(damages), ok("journal.chain", told))


def _damaged(damages: list[Damage]) -> Iterator[Finding]:
    if damages:
        first, lost = damages[0], sum(each.lost for each in damages)
        yield bad(
            "journal.chain",
            f"The order journal is damaged, {lost} records are lost: {first.place}: {first.sentence}.",
            "Keep the files. The rows in the shop are not touched; compare them with Stripe's payments.",
        )
