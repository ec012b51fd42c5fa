"""Processes that live on a volume, and such that want to: for the tests of probe, peers, generations."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

IS_ROOT = os.geteuid() == 0

PEER = """
import sys
from pathlib import Path
import bodega.databases
from bodega.databases.opening import open_file
from bodega.databases.probe import probe
volume = Path(sys.argv[1])
generation = probe(volume, is_strict=False).join("a release")
anchor = open_file("primary", volume)
anchor.execute("CREATE TABLE IF NOT EXISTS t (a)")
generation.tell("live")
print(generation.id, flush=True)
sys.stdin.read()
generation.leave()
"""
NEWCOMER = """
import json, sys
from pathlib import Path
import bodega.databases
from bodega.databases.probe import Refused, probe
volume, expect, strict = Path(sys.argv[1]), sys.argv[2] or None, sys.argv[3] == "strict"
try:
    ground = probe(volume, expect, is_strict=strict)
except Refused as refusal:
    print(json.dumps({"code": int(refusal.code), "why": str(refusal)}))
else:
    peers = [peer.id for peer in ground.peers]
    print(json.dumps({"code": 0, "peers": peers, "warnings": ground.warnings}))
"""


@dataclass
class Peer:
    """A living generation."""

    process: "subprocess.Popen[str]"
    id: str


@contextmanager
def living(volume: Path, before: Sequence[Sequence[str]] = ()) -> Iterator[Peer]:
    """A generation that lives on the volume. `before`: commands in its own mount namespace."""
    process = subprocess.Popen(
        _in_namespace([sys.executable, "-c", PEER, str(volume)], before),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        yield Peer(process, process.stdout.readline().strip())
        process.kill()


def comes(
    volume: Path, expect: str = "", *, strict: bool = False, before: Sequence[Sequence[str]] = ()
) -> dict[str, Any]:
    """What a newcomer is told: its exit code (0: may start) and why."""
    words = [sys.executable, "-c", NEWCOMER, str(volume), expect, "strict" if strict else "lax"]
    done = subprocess.run(_in_namespace(words, before), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _in_namespace(words: list[str], before: Sequence[Sequence[str]]) -> list[str]:
    if not before:
        return words
    steps = [["mount", "--make-rprivate", "/"], *before]
    script = " && ".join([*map(shlex.join, steps), f"exec {shlex.join(words)}"])
    return ["unshare", "-m", "sh", "-c", script]
