"""The four parts, one after the other, and the report for programs."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bodega.ops.drill.incident import rebuilding, vanishing
from bodega.ops.drill.incident.telling import Part, Say


def play(scratch: Path, say: Say) -> list[Part]:
    """Replay the day in directories below `scratch`, which are removed. Raises DrillBroke, OSError."""
    with TemporaryDirectory(prefix="bodega-incident-", dir=scratch) as folder:
        rooms = {name: Path(folder) / name for name in ("unsafe", "guarded", "worst")}
        for room in rooms.values():
            room.mkdir()
        unsafe, database = vanishing.unsafe(rooms["unsafe"], say)
        return [
            unsafe,
            vanishing.verdict(database, say),
            vanishing.guarded(rooms["guarded"], say),
            rebuilding.rebuilt(rooms["worst"], say),
        ]


def is_passed(parts: Sequence[Part]) -> bool:
    """Whether every part came out as it must."""
    return all(part.is_right for part in parts)


def verdict(parts: Sequence[Part], seconds: float) -> str:
    """One sentence for all."""
    if not is_passed(parts):
        wrong = ", ".join(part.name for part in parts if not part.is_right)
        return f"The drill did not come out as it must: {wrong}. {seconds:.0f} s"
    unsafe, _, guarded, rebuilt = (part.numbers for part in parts)
    return (
        f"Without guards {unsafe['lost']} of {unsafe['acknowledged']} orders were lost; with Bodega "
        f"{guarded['lost']}; in the worst case {rebuilt['rebuilt']} of {rebuilt['missing']} were "
        f"rebuilt. {seconds:.0f} s"
    )


def as_json(parts: Sequence[Part], seconds: float) -> dict[str, Any]:
    """The same for programs."""
    return {
        "passed": is_passed(parts),
        "seconds": round(seconds, 1),
        "sentence": verdict(parts, seconds),
        "parts": {
            part.name: {
                "title": part.title,
                "must": part.must,
                "is_right": part.is_right,
                **part.numbers,
                "sentences": part.sentences,
            }
            for part in parts
        },
    }
