"""`bodega drill`: break things on purpose, in scratch directories, and see whether anything is lost."""

import argparse
import json
import signal
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import bodega.databases  # noqa: F401 - first: one SQLite library

Result = TypeVar("Result")


def run(arguments: list[str]) -> int:
    """Exit codes: 0 every guard held and every control failed as it must, 1 not so, 2 wrong words."""
    options = parser().parse_args(arguments)
    code: int = options.drill(options)
    return code


def drill_faults(options: argparse.Namespace) -> int:
    """The fault matrix."""
    from rich.console import Console

    from bodega.ops.drill import faults, faults_report

    try:
        chosen = faults.choose(options.only)
        scratch = options.scratch or faults.scratch_directory()
    except LookupError as error:
        print(f"bodega drill faults: {error.args[0]}", file=sys.stderr)
        return 2
    began = time.monotonic()
    playing = faults.drill(chosen, scratch)
    results = _watched(playing, "breaking things", len(chosen))
    seconds = time.monotonic() - began
    if options.json:
        print(json.dumps(faults_report.as_json(results, seconds), indent=2))
    else:
        faults_report.show(results, Console(), seconds)
    return 0 if all(result.is_passed for result in results) else 1


def drill_powercut(options: argparse.Namespace) -> int:
    """The crash model."""
    from rich.console import Console

    from bodega.ops.drill.powercut import drill, report
    from bodega.ops.drill.powercut.recording import CannotRecord

    began = time.monotonic()
    playing = drill.drill(options.cuts, options.seed, options.scratch)
    try:
        results = _watched(playing, "cutting the power", len(drill.MODES))
    except CannotRecord as error:
        print(f"bodega drill powercut: {error}", file=sys.stderr)
        return 1
    seconds = time.monotonic() - began
    if options.json:
        print(json.dumps(report.as_json(results, options.seed, seconds), indent=2))
    else:
        report.show(results, Console(), seconds)
    return 0 if all(result.is_passed for result in results) else 1


def drill_incident(options: argparse.Namespace) -> int:
    """The day two orders vanished."""
    from bodega.ops.drill import faults
    from bodega.ops.drill.incident import story
    from bodega.ops.drill.incident.premises import DrillBroke

    began = time.monotonic()
    say = _silent if options.json else _storyteller()
    try:
        parts = story.play(options.scratch or faults.scratch_directory(), say)
    except (DrillBroke, LookupError, OSError) as error:
        print(f"bodega drill incident: {error}", file=sys.stderr)
        return 1
    seconds = time.monotonic() - began
    if options.json:
        print(json.dumps(story.as_json(parts, seconds), indent=2, ensure_ascii=False))
    else:
        say("title", story.verdict(parts, seconds))
    return 0 if story.is_passed(parts) else 1


def drill_storm(options: argparse.Namespace) -> int:
    """Deploys that overlap while people buy."""
    from bodega.ops.drill import faults
    from bodega.ops.drill.incident.premises import DrillBroke

    play = storm_controls if options.controls else one_storm
    # Everything that was started is to be stopped.
    former = signal.signal(signal.SIGTERM, _interrupt)
    try:
        return play(options, options.scratch or faults.scratch_directory())
    except (DrillBroke, LookupError, OSError) as error:
        print(f"bodega drill storm: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("bodega drill storm: interrupted; every process of it is stopped.", file=sys.stderr)
        return 1
    finally:
        signal.signal(signal.SIGTERM, former)


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def one_storm(options: argparse.Namespace, scratch: Path) -> int:
    """Let it blow once, tell what it came to. Raises DrillBroke, OSError."""
    from rich.console import Console

    from bodega.ops.drill.storm import plotting, report
    from bodega.ops.drill.storm.outcome import Plan
    from bodega.ops.drill.storm.storm import weather

    plan = Plan(options.deploys, options.seconds, options.buyers, options.kill)
    with _status() as say:
        storm = weather(plan, scratch, say)
    if options.json:
        print(json.dumps(report.as_json(storm), indent=1, ensure_ascii=False))
    else:
        report.show(storm, Console(highlight=False))
    if options.svg:
        options.svg.write_text(plotting.svg(storm, report.numbers(storm)))
    return 0 if storm.is_passed else 1


def storm_controls(options: argparse.Namespace, scratch: Path) -> int:
    """One protection taken away at a time. Raises DrillBroke, OSError."""
    from rich.console import Console

    from bodega.ops.drill.storm import controls, report

    with _status() as say:
        played = list(controls.play(scratch, say))
    if options.json:
        print(json.dumps(report.controls_as_json(played), indent=1))
    else:
        report.show_controls(played, Console(highlight=False))
    return 0 if all(each.is_as_it_must for each in played) else 1


@contextmanager
def _status() -> Iterator[Callable[[str], None]]:
    """Where to say what is being done: a line that changes, on a terminal."""
    from rich.console import Console

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _sentence: None
        return
    with console.status("") as status:
        yield status.update


def _silent(_kind: str, _sentence: str) -> None:
    """For programs: everything comes at the end."""


def _storyteller() -> Callable[[str, str], None]:
    """Prints each sentence as it happens."""
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    looks = {
        "title": ("\n", "bold"),
        "step": ("  ", ""),
        "fact": ("  → ", "cyan"),
        "good": ("  ✓ ", "green"),
        "bad": ("  ✗ ", "bold red"),
    }

    def say(kind: str, sentence: str) -> None:
        mark, style = looks[kind]
        console.print(Text(f"{mark}{sentence}", style=style), soft_wrap=not console.is_terminal)

    return say


def _watched(playing: Iterable[Result], doing: str, total: int) -> list[Result]:
    """Everything that comes, with a bar on the terminal meanwhile."""
    from rich.console import Console
    from rich.progress import track

    console = Console(stderr=True)
    if not console.is_terminal:
        return list(playing)
    return list(track(playing, doing, total, console=console, transient=True))


def parser() -> argparse.ArgumentParser:
    """The options of `bodega drill`."""
    words = argparse.ArgumentParser(prog="bodega drill", description=__doc__)
    verbs = words.add_subparsers(required=True, metavar="faults|powercut|incident|storm")
    faults = verbs.add_parser(
        "faults",
        help="everything known to lose a commit, without and with the guards",
        description="Play every known way to lose a commit: with plain processes (which must lose) "
        "and with Bodega's guards (which must not). Rows that need root are skipped without it.",
    )
    faults.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME",
        help="a scenario, or part of its name",
    )
    faults.set_defaults(drill=drill_faults)
    powercut = verbs.add_parser(
        "powercut",
        help="the power fails at random moments",
        description="Record what several processes write and sync, cut the power at random moments, "
        "let SQLite recover and look for acknowledged orders.",
    )
    powercut.add_argument("--cuts", type=_count, default=300, metavar="N", help="default 300")
    powercut.add_argument("--seed", type=int, default=1, metavar="N", help="default 1")
    powercut.set_defaults(drill=drill_powercut)
    incident = verbs.add_parser(
        "incident",
        help="the day two orders vanished, replayed and explained",
        description="An unsafe set-up loses exactly two of seventeen orders; the auditor looks at that "
        "file; the same day with Bodega; and yesterday's backup with the orders rebuilt from Stripe.",
    )
    incident.set_defaults(drill=drill_incident)
    storm = verbs.add_parser(
        "storm",
        help="many deploys while people buy",
        description="Deploys that overlap, on one socket and as containers behind a proxy, while buyers "
        "who never try again buy, and a backup, an audit and a console are at work. Then the bank's "
        "ledger, the buyers' memories and the journal are compared with the rows.",
    )
    _add_storm(storm)
    for verb in (faults, powercut, incident, storm):
        verb.add_argument("--json", action="store_true", help="for programs")
        verb.add_argument(
            "--scratch", type=Path, metavar="DIR", help="where to work (default: the system's)"
        )
    return words


def _add_storm(words: argparse.ArgumentParser) -> None:
    """The options of the storm."""
    words.add_argument("--deploys", type=_count, default=12, metavar="N", help="default 12")
    words.add_argument("--seconds", type=_count, default=60, metavar="S", help="default 60")
    words.add_argument("--buyers", type=_count, default=8, metavar="B", help="default 8")
    words.add_argument(
        "--kill",
        type=_chance,
        default=0.0,
        metavar="P",
        help="the chance that a generation is ended by SIGKILL in a deploy (default 0)",
    )
    words.add_argument("--svg", type=Path, metavar="FILE", help="draw it, too")
    words.add_argument(
        "--controls",
        action="store_true",
        help="instead: without drain, without guards, without keys; each must show its own failure",
    )
    words.set_defaults(drill=drill_storm)


def _count(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 100_000:
        raise argparse.ArgumentTypeError(f"'{text}' is not a number from 1 to 100,000")
    return int(text)


def _chance(text: str) -> float:
    try:
        chance = float(text)
    except ValueError:
        chance = -1.0
    if not 0 <= chance <= 1:
        raise argparse.ArgumentTypeError(f"'{text}' is not a chance from 0 to 1")
    return chance
