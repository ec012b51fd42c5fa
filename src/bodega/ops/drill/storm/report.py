"""The storm for people, and for programs."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bodega.ops.drill.storm.controls import Control
from bodega.ops.drill.storm.outcome import Storm

GOOD, BAD = "green", "bold red"
MOST_COMPLAINTS = 12
NO_CONTAINERS = "none: this user may not make namespaces here"


def show(storm: Storm, console: Console) -> None:
    """A table of what was tried and what was seen, complaints, a sentence."""
    table = Table(title="bodega drill storm", show_header=False)
    table.add_column(style="bold")
    table.add_column()
    for name, value in rows(storm):
        table.add_row(name, value)
    console.print(table)
    complaints = storm.complaints
    for line in complaints[:MOST_COMPLAINTS]:
        console.print(Text(f"✗ {line}", style=BAD), soft_wrap=True)
    if len(complaints) > MOST_COMPLAINTS:
        console.print(Text(f"… and {len(complaints) - MOST_COMPLAINTS} more", style=BAD))
    console.print(Text(sentence(storm), style=BAD if complaints else GOOD), soft_wrap=True)


def show_controls(played: Sequence[Control], console: Console) -> None:
    """A row for each protection that was taken away."""
    table = Table(title="bodega drill storm --controls")
    for heading in ("without", "what must be seen", "what was seen"):
        table.add_column(heading)
    for each in played:
        seen = Text(each.seen, GOOD if each.is_as_it_must else BAD)
        table.add_row(each.without, each.must, seen)
    console.print(table)
    wrong = [each.without for each in played if not each.is_as_it_must]
    ending = f"Not so: without {', '.join(wrong)}." if wrong else "Every control failed as it must."
    console.print(Text(ending, BAD if wrong else GOOD))


def controls_as_json(played: Sequence[Control]) -> dict[str, Any]:
    """The same for programs."""
    passed = all(each.is_as_it_must for each in played)
    return {"passed": passed, "controls": [vars(each) for each in played]}


def rows(storm: Storm) -> list[tuple[str, str]]:
    """What is in the table."""
    plan, log, memories = storm.plan, storm.log, storm.memories
    ways = Counter(each.side for each in log.live)
    live = sorted(each.seconds for each in log.live) or [0.0]
    seconds, megabytes = f"in {storm.seconds:.0f} s", storm.longest_wal / 1e6
    bank = f"the bank has {storm.charges:,} charges"
    return [
        ("deploys", f"{len(log.live)} live of {plan.deploys} {seconds}: {counted(ways)}"),
        *([] if "container" in storm.ways else [("containers", NO_CONTAINERS)]),
        ("until live", f"median {live[len(live) // 2]:.1f} s, at most {live[-1]:.1f} s"),
        ("generations", f"up to {storm.most_alive} alive at once; {len(log.kills)} killed"),
        ("beside them", f"{counted(storm.errands)}; log up to {megabytes:.1f} MB"),
        ("requests", f"{len(memories.requests):,} of {plan.buyers} buyers"),
        (
            "answered in",
            "p50 {:.0f} ms, p99 {:.0f} ms, at most {:.0f} ms".format(*latencies(storm)),
        ),
        ("failed", failed(storm)),
        ("orders", f"{len(storm.orders):,}, {storm.paid:,} of them paid; {bank}"),
        ("lost", f"{len(storm.verdict.lost)}"),
        ("twice", f"{len(storm.verdict.doubled)}"),
        ("repeated", repeated(storm)),
        ("journal", f"{storm.recalled} records of killed processes written afterwards"),
        ("bodega audit", storm.audit.sentence),
        ("bodega doctor", f"{storm.doctor.level}: {storm.doctor.sentence}"),
    ]


def repeated(storm: Storm) -> str:
    """What became of POSTs that were sent again with their key."""
    purposely = len(storm.memories.repeats) - storm.repeated
    return (
        f"{storm.repeated} POSTs that were cut, {storm.committed} of them had been committed; "
        f"{purposely} on purpose; {len(storm.differing)} got another answer"
    )


def failed(storm: Storm) -> str:
    """ "3 (cut by SIGKILL): 2 reset, 1 refused"."""
    failures = storm.failures
    if not failures:
        return "0"
    return f"{sum(failures.values())}: {counted(failures)}"


def counted(what: Counter[str]) -> str:
    """ "12 socket, 3 container"."""
    return ", ".join(f"{count:,} {name}" for name, count in what.most_common())


def latencies(storm: Storm) -> list[float]:
    """Milliseconds: the middle, the slowest of a hundred, the slowest."""
    return [storm.percentile(share) * 1_000 for share in (0.5, 0.99, 1.0)]


def sentence(storm: Storm) -> str:
    """One for all."""
    if storm.is_passed:
        return numbers(storm)
    return f"{numbers(storm)} That must not be. Volume, diaries and log: {storm.left}"


def numbers(storm: Storm) -> str:
    """Those that count."""
    return (
        f"{len(storm.log.live)} deploys, {len(storm.log.kills)} killed, up to {storm.most_alive} "
        f"generations alive: {len(storm.memories.failures)} failed requests, "
        f"{len(storm.verdict.lost)} lost, {len(storm.verdict.doubled)} twice."
    )


def as_json(storm: Storm) -> dict[str, Any]:
    """Everything, for programs."""
    p50, p99, most = latencies(storm)
    return {
        "passed": storm.is_passed,
        "sentence": sentence(storm),
        "complaints": storm.complaints,
        "plan": vars(storm.plan),
        "seconds": round(storm.seconds, 1),
        "deploys": {
            "asked": len(storm.log.deploys),
            "live": len(storm.log.live),
            "ways": dict(Counter(each.side for each in storm.log.live)),
            "seconds": [round(each.seconds, 2) for each in storm.log.live],
        },
        "killed": len(storm.log.kills),
        "most_alive": storm.most_alive,
        "longest_wal_bytes": storm.longest_wal,
        "beside": dict(storm.errands),
        "requests": len(storm.memories.requests),
        "steps": dict(Counter(each.step for each in storm.memories.requests)),
        "failures": dict(storm.failures),
        "milliseconds": {"p50": round(p50, 1), "p99": round(p99, 1), "max": round(most, 1)},
        "orders": len(storm.orders),
        "paid": storm.paid,
        "charges": storm.charges,
        "lost": storm.verdict.lost,
        "doubled": storm.verdict.doubled,
        "repeated": storm.repeated,
        "repeated_on_purpose": len(storm.memories.repeats) - storm.repeated,
        "committed_but_unanswered": storm.committed,
        "another_answer": storm.differing,
        "written_into_the_journal_afterwards": storm.recalled,
        "audit": vars(storm.audit),
        "doctor": vars(storm.doctor),
        "alive": [
            [round(look.at - storm.began, 2), look.starting, look.live, look.draining]
            for look in storm.looks
        ],
    }
