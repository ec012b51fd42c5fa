"""The power cuts for people, and for programs."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bodega.ops.drill.powercut.drill import PROCESSES, THREADS, Result


def show(results: Sequence[Result], console: Console, seconds: float) -> None:
    """A table with a row for each mode, and a sentence."""
    table = Table(title="bodega drill powercut", caption=verdict(results, seconds))
    table.add_column("how orders are made durable")
    for heading in ("orders", "syncs", "cuts", "losing", "lost", "worst", "bad"):
        table.add_column(heading, justify="right", no_wrap=True)
    for result in results:
        table.add_row(*cells(result))
    console.print(table)


def cells(result: Result) -> list[Text]:
    """A row of the table."""
    mode = result.mode
    style = "" if result.is_passed else "bold red"
    mark = "" if result.is_passed else " ✗ must lose" if mode.must_lose else " ✗ must lose nothing"
    numbers = (
        *(result.acknowledged, result.syncs, result.cuts, result.cuts_with_loss),
        *(result.lost, result.worst, result.damaged),
    )
    name = Text.assemble((f"{mode.name}{mark}", style or "bold"), f"\n{mode.story}")
    return [name, *(Text(f"{number:,}", style) for number in numbers)]


def verdict(results: Sequence[Result], seconds: float) -> str:
    """One sentence for all."""
    lost = sum(result.lost for result in results if not result.mode.must_lose)
    controls = [result for result in results if result.mode.must_lose]
    losing = sum(result.cuts_with_loss for result in controls)
    return (
        f"{PROCESSES} processes × {THREADS} threads. Acknowledged orders lost: {lost}; the controls "
        f"lose some in {losing} of {sum(result.cuts for result in controls)} cuts. {seconds:.0f} s"
    )


def as_json(results: Sequence[Result], seed: int, seconds: float) -> dict[str, Any]:
    """The same for programs."""
    return {
        "passed": all(result.is_passed for result in results),
        "seed": seed,
        "processes": PROCESSES,
        "threads": THREADS,
        "lost": sum(result.lost for result in results if not result.mode.must_lose),
        "seconds": round(seconds, 1),
        "modes": [_row(result) for result in results],
    }


def _row(result: Result) -> dict[str, Any]:
    told = asdict(result)
    return {**told.pop("mode"), **told, "passed": result.is_passed}
