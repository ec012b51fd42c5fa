"""The doctor's report: for people, and for programs."""

import json
from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape

from bodega.ops.doctor.findings import Finding, Level, worst

LOOKS = {Level.OK: "[green]ok  [/]", Level.WARN: "[yellow]warn[/]", Level.BAD: "[bold red]bad [/]"}


def show(findings: Sequence[Finding], console: Console, *, is_brief: bool = False) -> None:
    """A line each; what to do below what is wrong. `is_brief`: only what is not ok."""
    width = max((len(each.id) for each in findings), default=0)
    for each in findings:
        if is_brief and each.level is Level.OK:
            continue
        line = f"{LOOKS[each.level]}  [dim]{each.id:<{width}}[/]  {escape(each.sentence)}"
        console.print(line, soft_wrap=True)
        if each.hint:
            console.print(f"{'':{width + 8}}[dim]→[/] {escape(each.hint)}", soft_wrap=True)
    console.print(summary(findings))


def summary(findings: Sequence[Finding]) -> str:
    """One sentence for all."""
    counts = {level: sum(each.level is level for each in findings) for level in Level}
    if worst(findings) is Level.OK:
        return f"All {counts[Level.OK]} checks are ok."
    return f"{counts[Level.BAD]} bad, {counts[Level.WARN]} to look at, {counts[Level.OK]} ok."


def as_json(findings: Sequence[Finding]) -> str:
    """One object: the worst level, and every finding."""
    told = [
        {"id": each.id, "level": each.level.word, "sentence": each.sentence, "hint": each.hint}
        for each in findings
    ]
    return json.dumps(
        {"level": worst(findings).word, "findings": told}, indent=1, ensure_ascii=False
    )
