"""How generations shall live: said by options and the environment, handed on in words that every
release understands."""

import argparse
import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Terms:
    """Of every generation of a supervisor.

    `limit`: how many may live beside each other on the volume. `ready`: seconds within which a new one
    must be ready. `drain`: seconds for what is in flight at the end. `hung`: seconds of silence after
    which a process is taken for dead.
    """

    workers: int = 1
    is_small: bool = False
    limit: int = 2
    ready: float = 60.0
    drain: float = 8.0
    hung: float = 30.0

    @property
    def words(self) -> list[str]:
        """For the command line of a generation. Only ever add to it: it may be of another release."""
        told = ["--workers", str(self.workers), "--limit", str(self.limit)]
        told += ["--drain", f"{self.drain:g}", "--hung", f"{self.hung:g}"]
        return [*told, *(["--small"] if self.is_small else [])]


def from_environment(workers: int = 1, *, is_small: bool = False) -> Terms:
    """What docs/running.md lists. Raises ValueError with a sentence."""
    return Terms(
        workers=workers,
        is_small=is_small,
        limit=int(_number("BODEGA_GENERATIONS", os.environ.get("BODEGA_GENERATIONS"), 2, least=2)),
        ready=_number("BODEGA_READY_SECONDS", os.environ.get("BODEGA_READY_SECONDS"), 60, least=1),
        drain=_number("BODEGA_DRAIN_SECONDS", os.environ.get("BODEGA_DRAIN_SECONDS"), 8, least=1),
        hung=_number("BODEGA_HUNG_SECONDS", os.environ.get("BODEGA_HUNG_SECONDS"), 30, least=3),
    )


def _number(name: str, text: str | None, otherwise: float, *, least: float) -> float:
    try:
        number = float(text or otherwise)
    except ValueError:
        number = float("nan")
    if not number >= least:
        raise ValueError(f"{name} is '{text}'; it must be a number from {least:g} on.")
    return number


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `words`."""
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--limit", type=int, default=2)
    parser.add_argument("--drain", type=float, default=8.0)
    parser.add_argument("--hung", type=float, default=30.0)
    parser.add_argument("--small", action="store_true")


def from_options(options: argparse.Namespace) -> Terms:
    """The terms that `words` told."""
    return Terms(
        workers=options.workers,
        is_small=options.small,
        limit=options.limit,
        drain=options.drain,
        hung=options.hung,
    )
