"""Parts one to three: the unsafe set-up, what the auditor says of it, and the same day with Bodega."""

import json
import subprocess
import sys
from pathlib import Path

from bodega.ops.drill.crew import GUARDED
from bodega.ops.drill.evidence import SEEDS
from bodega.ops.drill.incident.telling import Part, Say, Teller
from bodega.ops.drill.scenarios.incident import moments
from bodega.ops.drill.stage import Stage

LIBRARY = "sqlite3"  # Python's own: what every application has
FAULT = "use_other_library"  # loses with every version of SQLite (design 3.1)
VANISHED = 2


def unsafe(scratch: Path, say: Say) -> tuple[Part, Path]:
    """Without guards, exactly two orders are lost. The part, and the file as it was left behind."""
    part = Part(
        "unsafe",
        "1. The day it happened: an ordinary application, three deploys, one SQLite file",
        f"exactly {VANISHED} orders must be lost, or this drill proves nothing",
    )
    teller = Teller(part, say)
    with Stage(scratch, LIBRARY) as stage:
        for sentence in moments(stage, FAULT):
            teller.step(sentence)
        found = stage.examine()
    teller.fact(
        f"{found.acknowledged} orders were acknowledged. The table has {found.rows} rows, "
        f"sqlite_sequence says {found.sequence}, integrity_check says {found.integrity}.",
        acknowledged=found.acknowledged,
        rows=found.rows,
        sequence=found.sequence,
        integrity=found.integrity,
        lost=found.lost,
    )
    teller.fact(
        "Why: closing any descriptor of a file drops every POSIX lock the process has on it. Release 1 "
        "believed itself alone and removed the log, in which release 2 went on; release 3 began another."
    )
    figure = (found.acknowledged, found.rows, found.sequence, found.lost)
    wanted = (SEEDS + VANISHED, SEEDS, SEEDS + VANISHED, VANISHED)
    is_right = figure == wanted and found.integrity == "ok"
    return teller.end(is_right, f"{found.lost} orders are gone, and no error was ever seen."), (
        stage.database
    )


def verdict(database: Path, say: Say) -> Part:
    """What the honest auditor says of that very file: that it does not know."""
    part = Part(
        "verdict",
        "2. The auditor looks at that file",
        "the auditor must see the missing ids, and must not claim to know why",
    )
    teller = Teller(part, say)
    teller.step(f"bodega audit --sqlite {database.name} --table orders")
    command = [sys.executable, "-m", "bodega", "audit", "--json", "--sqlite", str(database)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)
    for sentence in (*told["facts"][:3], *told["proved"]):
        teller.fact(sentence)
    for sentence in told["possible"]:
        teller.fact(f"Possible: {sentence}")
    teller.fact(
        f"Verdict: {told['verdict']}",
        missing=told["missing"],
        level=told["level"],
        exit_code=done.returncode,
    )
    is_right = told["missing"] == VANISHED and told["level"] == "warn"
    return teller.end(
        is_right,
        "It sees the gap and does not guess: only whoever took the money knows what is missing.",
    )


def guarded(scratch: Path, say: Say) -> Part:
    """The same day, every process started as Bodega's are: nothing is lost."""
    part = Part(
        "guarded",
        "3. The same day with Bodega: same deploys, same fault, same moments",
        "nothing that was acknowledged may be lost",
    )
    teller = Teller(part, say)
    with Stage(scratch, GUARDED) as stage:
        for sentence in moments(stage, FAULT):
            teller.step(sentence)
        found = stage.examine()
    outcome, sentences = stage.outcome()
    for sentence in sentences:
        teller.fact(f"What stopped it: {sentence}")
    teller.fact(
        f"{found.acknowledged} orders were acknowledged, the table has {found.rows} rows.",
        acknowledged=found.acknowledged,
        rows=found.rows,
        lost=found.lost,
        integrity=found.integrity,
        outcome=str(outcome),
    )
    return teller.end(not found.is_loss, f"{found.lost} orders are lost: the fault was {outcome}.")
