"""What the auditor has to say about another program's database, for people and for programs."""

from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.markup import escape

from bodega.ops.audit.foreign import Expertise, Missing
from bodega.ops.doctor.findings import Level

MOST = 20
LOOKS = {Level.OK: "green", Level.WARN: "yellow", Level.BAD: "bold red"}


def show(done: Expertise, console: Console) -> None:
    """Facts, gaps, what they prove, what is possible, what next, and a verdict."""
    console.print(
        f"[bold]{escape(str(done.path))}[/], table {escape(done.table.name)}", soft_wrap=True
    )
    console.print(f"[dim]{escape(done.how)}[/]", soft_wrap=True)
    _paragraph("What it says", done.facts, console)
    gaps = [gap_line(gap) for gap in done.gaps[:MOST]]
    if len(done.gaps) > MOST:
        gaps.append("… and more (--json shows them)")
    _paragraph("What is missing", gaps, console)
    _paragraph("What that proves", done.proved, console)
    _paragraph("What may have happened", done.possible, console)
    _paragraph("What to do", done.next_steps, console)
    console.print(f"[{LOOKS[done.level]}]{escape(done.verdict)}[/]", soft_wrap=True)


def gap_line(gap: Missing) -> str:
    """A gap, for people."""
    line = f"{gap.ids}"
    if gap.before or gap.after:
        line += f": after {gap.before or 'the beginning'}, before {gap.after or 'the end'}"
    return "; ".join([line, *gap.mentions])


def _paragraph(title: str, sentences: list[str], console: Console) -> None:
    if sentences:
        console.print(f"[bold]{title}[/]")
    for sentence in sentences:
        console.print(f"  • {escape(sentence)}", soft_wrap=True)


def as_json(done: Expertise) -> dict[str, Any]:
    """The same for programs."""
    return {
        "level": done.level.word,
        "verdict": done.verdict,
        **{name: value for name, value in asdict(done).items() if name != "path"},
        "path": str(done.path),
    }
