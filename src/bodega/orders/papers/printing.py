"""Having papers printed: starts the press, hands it what they say, takes the PDFs."""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import Any

PATIENCE_SECONDS = 120
LENGTH_DIGITS = 8


class PrintFailed(RuntimeError):
    """The press made nothing of what it was given."""


def print_papers(contents: Sequence[Mapping[str, Any]]) -> list[bytes]:
    """The PDFs of some papers, in their order: a third of a second, and some 10 ms for each.

    A process of its own does it (`press`), so the caller stays as small as it was. Raises PrintFailed.
    """
    words = [sys.executable, "-m", "bodega.orders.papers.press"]
    said = json.dumps(list(contents)).encode()
    try:
        done = subprocess.run(
            words, input=said, capture_output=True, timeout=PATIENCE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired as late:
        raise PrintFailed(f"no PDF within {PATIENCE_SECONDS} s") from late
    if done.returncode:
        raise PrintFailed(done.stderr.decode(errors="replace")[-2000:].strip())
    return taken_apart(done.stdout)


def taken_apart(output: bytes) -> list[bytes]:
    """The press's output: each PDF behind its length."""
    pdfs = []
    while output:
        length = int(output[:LENGTH_DIGITS])
        pdfs.append(output[LENGTH_DIGITS : LENGTH_DIGITS + length])
        output = output[LENGTH_DIGITS + length :]
    return pdfs
