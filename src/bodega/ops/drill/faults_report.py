"""The fault matrix for people, and for programs."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bodega.ops.drill.evidence import Evidence
from bodega.ops.drill.faults import Control, Guarded, Result

GOOD, BAD, FAINT = "green", "bold red", "dim"
MARK = {True: "", False: " ✗"}


def show(results: Sequence[Result], console: Console, seconds: float) -> None:
    """A table with a row for each scenario, what went wrong below it, and a sentence."""
    table = Table(title="bodega drill faults", caption=verdict(results, seconds), expand=True)
    table.add_column("scenario", ratio=5)
    for heading in headings(results):
        table.add_column(heading, ratio=3)
    table.add_column("with Bodega's guards", ratio=4)
    for result in results:
        table.add_row(*cells(result))
    console.print(table)
    for line in complaints(results):
        console.print(Text(line, style=BAD))


def headings(results: Sequence[Result]) -> list[str]:
    """The versions of the controls: "plain, SQLite 3.40.1"."""
    for result in results:
        if result.controls:
            return [f"plain, SQLite {dotted(control)}" for control in result.controls]
    return ["plain, the system's SQLite", "plain, the bundled SQLite"]


def cells(result: Result) -> list[Text]:
    """A row of the table."""
    story = Text.assemble((result.scenario.name, "bold"), f"\n{result.scenario.story}")
    if result.skipped:
        return [story, *[Text("skipped", FAINT)] * 2, Text(f"skipped: {result.skipped}", FAINT)]
    controls = [Text(words(each), "" if each.is_as_it_must else BAD) for each in result.controls]
    assert result.guarded is not None
    return [story, *controls, guard_cell(result.guarded)]


def words(control: Control) -> str:
    """What became of a control."""
    note = " (not measured by us: not judged)" if control.must_lose is None else ""
    return f"{brief(control.evidence)}{note}{MARK[control.is_as_it_must]}"


def guard_cell(guarded: Guarded) -> Text:
    """What the guards did, and what they said."""
    style = GOOD if guarded.is_as_it_must else BAD
    cell = Text.assemble((f"{guarded.outcome}, {brief(guarded.evidence)}", style))
    cell.append(MARK[guarded.is_as_it_must], BAD)
    if guarded.sentences:
        cell.append(f"\n{guarded.sentences[0][:160]}", FAINT)
    return cell


def brief(evidence: Evidence) -> str:
    """ "2 lost (17/15/17)": acknowledged, rows, sequence."""
    if evidence.integrity.startswith("unreadable"):
        return evidence.integrity
    numbers = f"{evidence.acknowledged}/{evidence.rows}/{evidence.sequence}"
    damage = "" if evidence.integrity == "ok" else ", damaged"
    return f"{evidence.lost} lost ({numbers}){damage}"


def complaints(results: Sequence[Result]) -> list[str]:
    """A line for everything that was not as it must be."""
    found = []
    for result in results:
        for control in result.controls:
            if not control.is_as_it_must:
                must = "lose" if control.must_lose else "keep everything"
                told = f"the control with SQLite {dotted(control)} must {must}: {control.evidence}"
                found.append(f"{result.scenario.name}: {told}")
        held = result.guarded
        if held is not None and not held.is_as_it_must:
            wanted = " or ".join(result.scenario.guard)
            told = f"with guards {held.outcome} (expected {wanted}): {held.evidence}"
            found.append(f"{result.scenario.name}: {told}")
    return found


def verdict(results: Sequence[Result], seconds: float) -> str:
    """One sentence for all."""
    played = [result for result in results if not result.skipped]
    lost = sum(result.guarded.evidence.lost for result in played if result.guarded)
    right = sum(result.is_passed for result in played)
    skipped = f", {len(results) - len(played)} skipped" if len(played) < len(results) else ""
    return (
        f"{right} of {len(played)} scenarios as they must be{skipped}; acknowledged orders lost with "
        f"guards: {lost}. Numbers: acknowledged/rows/sequence. {seconds:.0f} s"
    )


def dotted(control: Control) -> str:
    """ "3.40.1"."""
    return ".".join(map(str, control.version))


def as_json(results: Sequence[Result], seconds: float) -> dict[str, Any]:
    """The same for programs."""
    return {
        "passed": all(result.is_passed for result in results),
        "scenarios": len(results),
        "skipped": {each.scenario.name: each.skipped for each in results if each.skipped},
        "lost_with_guards": sum(each.guarded.evidence.lost for each in results if each.guarded),
        "seconds": round(seconds, 1),
        "results": [_row(result) for result in results],
    }


def _row(result: Result) -> dict[str, Any]:
    return {
        "scenario": result.scenario.name,
        "story": result.scenario.story,
        "skipped": result.skipped,
        "passed": result.is_passed,
        "seconds": round(result.seconds, 2),
        "controls": [{**_flat(each), "version": dotted(each)} for each in result.controls],
        "guarded": _flat(result.guarded) if result.guarded else None,
    }


def _flat(trial: Control | Guarded) -> dict[str, Any]:
    told = asdict(trial)
    return {**told.pop("evidence"), **told}
