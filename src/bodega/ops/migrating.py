"""Run as a program by a generation that starts: is the machine well, and may these tables be brought up
to date now? Then do it. `--beside`: an older generation lives.

Everything of a release that can be broken is imported here first, before anybody serves with it.
"""

import os
import sys

import bodega.databases  # noqa: F401 - before Django: one SQLite library
from bodega.databases.layout import FILES, volume_directory
from bodega.databases.leases import Lease
from bodega.databases.pause import Watch
from bodega.lib.clock import utc_now
from bodega.ops.doctor.case import Case
from bodega.ops.doctor.examination import examine
from bodega.ops.doctor.findings import Level

QUICK = ("library", "volume", "databases")  # 30 ms, no Django
ALIASES = [file.alias for file in FILES.values() if file.alias]


class MayNotRun(RuntimeError):
    """A migration that would hurt those who serve; the message says which, why and what to do."""


def main(arguments: list[str]) -> int:
    """0: the tables are what this release expects; 1: they are not, and nothing was changed."""
    volume = volume_directory()
    case = Case(volume, os.environ, utc_now())
    ill = [each for each in examine(case, QUICK) if each.level is Level.BAD]
    for each in ill:
        print(f"{each.id}: {each.sentence} {each.hint}", file=sys.stderr)
    if ill:
        return 1
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bodega.settings")
    import django
    from django.core.management import call_command

    django.setup()
    with Lease("migrate", volume):
        try:
            if "--beside" in arguments:
                refuse_what_hurts(may_be_quiet=Watch(volume).pause() is not None)
        except MayNotRun as refusal:
            print(refusal, file=sys.stderr)
            return 1
        for alias in ALIASES:
            call_command("migrate", database=alias, verbosity=0)
    return 0


def refuse_what_hurts(*, may_be_quiet: bool) -> None:
    """Raises MayNotRun. `may_be_quiet`: the shop is paused, so writers may wait."""
    from bodega.databases.migrating.classifying import Class, classify

    worst = Class.QUIET if may_be_quiet else Class.SAFE
    for alias in ALIASES:
        for judgement in classify(alias):
            if judgement.verdict.grade > worst:
                advice = ADVICE[judgement.verdict.word]
                raise MayNotRun(
                    f"migration {judgement.migration} may not run beside the older release: "
                    f"{judgement.verdict.reason}. {advice}"
                )


ADVICE = {
    "quiet": "Pause the shop for it: bodega pause, bodega deploy, bodega resume.",
    "refused": "Deploy what only adds first, and this one when no older release serves any more "
    "(bodega migrations lists them); or close the shop and run: bodega up.",
}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
