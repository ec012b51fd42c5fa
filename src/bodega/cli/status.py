"""`bodega status`: who serves, since when, and what became of the generations before."""

import argparse
import json
from dataclasses import asdict
from datetime import datetime

from bodega.databases.layout import volume_directory
from bodega.databases.pause import Watch
from bodega.databases.story import Chapter, read
from bodega.lib.clock import utc_now
from bodega.lib.wire import Word
from bodega.ops.control import NobodyAnswers, ask

CLOSED = 4


def run(arguments: list[str]) -> int:
    """Tell. Exit codes: 0 the shop is open, 2 wrong words, 4 it is not."""
    options = parser().parse_args(arguments)
    volume = volume_directory()
    supervisor = asked()
    chapters = read(volume, options.last)
    pause = Watch(volume).pause()
    generations = [with_news(chapter, supervisor) for chapter in chapters]
    if options.json:
        told = {
            "open": supervisor is not None,
            "supervisor": supervisor
            and {k: v for k, v in supervisor.items() if k != "generations"},
            "paused": pause and pause._asdict(),
            "generations": generations,
        }
        print(json.dumps(told, indent=1))
    else:
        print(heading(supervisor, pause is not None))
        print(table(generations))
    return 0 if supervisor else CLOSED


def asked() -> Word | None:
    """What the supervisor of this volume tells; None when there is none."""
    try:
        return next(ask(volume_directory(), ask="status"), None)
    except NobodyAnswers:
        return None


def with_news(chapter: Chapter, supervisor: Word | None) -> Word:
    """A chapter with what its living generation told a moment ago."""
    living = supervisor["generations"] if supervisor else []
    news: Word = next((each for each in living if each["key"] == chapter.key), {})
    found: Word = {**asdict(chapter), **{k: news[k] for k in NEWS if k in news}}
    is_strange = supervisor is not None and chapter.pid != supervisor["pid"]
    if chapter.gone is None and is_strange:
        found["why"] = "of another supervisor, or its supervisor was killed"
    return found


NEWS = ("served", "busy", "held", "jobs", "works", "rests", "pids")


def heading(supervisor: Word | None, is_paused: bool) -> str:
    """The first line."""
    if supervisor is None:
        return "The shop is closed: no supervisor answers on this volume. Open it: bodega up"
    said = f"The shop is open: {supervisor['address']}/ (process {supervisor['pid']})"
    if supervisor["rolling"]:
        said += f"; {supervisor['rolling']} is coming up"
    if supervisor["pending"]:
        said += f", {supervisor['pending']} is next"
    return f"{said}; paused" if is_paused else said


def table(generations: list[Word]) -> str:
    """A line for each generation, the newest first."""
    if not generations:
        return "No generation has ever served here."
    rows = [("generation", "release", "state", "started", "live", "drained", "served", "exit")]
    for each in generations:
        code = "" if each["exit"] is None else str(each["exit"])
        state = each["state"] + (" (rests)" if each.get("rests") else "")
        rows.append(
            (
                *(each["id"][:8] or "-", each["release"], state, shown(each["started"])),
                *(after(each["started"], each["live"]), after(each["draining"], each["gone"])),
                *(f"{each['served']:,}", f"{code}  {each['why']}".strip()),
            )
        )
    widths = [max(len(row[column]) for row in rows) for column in range(7)]
    lines = [
        "  ".join([*(c.ljust(w) for c, w in zip(row, widths, strict=False)), row[7]])
        for row in rows
    ]
    return "\n".join(line.rstrip() for line in lines)


def shown(moment: str) -> str:
    """A time of today without its date."""
    at = datetime.fromisoformat(moment)
    return f"{at:%H:%M:%S}" if at.date() == utc_now().date() else f"{at:%Y-%m-%d %H:%M}"


def after(begin: str | None, end: str | None) -> str:
    """How long something took: "2.1 s"; "" when it did not happen."""
    if begin is None or end is None:
        return ""
    seconds = (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()
    return f"{seconds:.1f} s"


def parser() -> argparse.ArgumentParser:
    """The words of this verb."""
    words = argparse.ArgumentParser(
        prog="bodega status",
        description="Who serves this volume, and what became of the generations before. Times are UTC.",
        epilog="Exit codes: 0 the shop is open, 2 wrong words, 4 it is closed.",
    )
    words.add_argument("--last", type=int, default=10, metavar="N", help="so many (default 10)")
    words.add_argument("--json", action="store_true", help="one JSON object")
    return words
