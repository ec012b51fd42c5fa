"""Where a release's code is: a folder with its sources, or a virtual environment."""

import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from bodega import __version__


class NoRelease(RuntimeError):
    """There is no code of a shop there; the message says what was looked for."""


@dataclass(frozen=True)
class Release:
    """`name`: for people. `folder`: where it was found, "" for the code of the supervisor itself.
    `python`: who runs it. `sources`: what `import bodega` must find first, "" when it is installed.
    """

    name: str
    folder: str
    python: str
    sources: str

    @property
    def command(self) -> list[str]:
        """How to start a verb of it."""
        return [self.python, "-m", "bodega"]

    def environment(self, inherited: Mapping[str, str]) -> dict[str, str]:
        """What its processes find: ours, with its name and its sources."""
        found = {**inherited, "BODEGA_RELEASE": self.name}
        if self.folder:
            found.pop("PYTHONPATH", None)
        if self.sources:
            found["PYTHONPATH"] = self.sources
        return found


class Served:
    """The releases that have served since the shop was opened."""

    def __init__(self) -> None:
        self.latest: Release | None = None
        self.former: Release | None = None  # other code, which served before

    def note(self, release: Release) -> None:
        """This one serves now."""
        if self.latest is not None and self.latest.folder != release.folder:
            self.former = self.latest
        self.latest = release

    def wanted(self, word: Mapping[str, Any]) -> Release:
        """The release that somebody asks for: a folder, the former one, or the same again.

        Raises NoRelease.
        """
        if word.get("release"):
            return find(Path(word["release"]), word.get("name") or "")
        if word.get("rollback"):
            if self.former is None:
                raise NoRelease("no other release has served since the shop was opened.")
            return self.former
        if self.latest is None:
            raise NoRelease("the shop is just being opened; wait until it is open.")
        return replace(self.latest, name=word.get("name") or self.latest.name)


def own() -> Release:
    """The code that this process runs."""
    return Release(os.environ.get("BODEGA_RELEASE", __version__), "", sys.executable, "")


def find(folder: Path, name: str = "") -> Release:
    """The release in a folder. Raises NoRelease.

    A folder with `bin/python` is a virtual environment, one with `.venv/bin/python` has one; one with
    `src/bodega` or `bodega` are sources, which run with that environment or with our own.
    """
    folder = folder.absolute()
    if not folder.is_dir():
        raise NoRelease(f"{folder} is no folder.")
    python = next(
        (p for p in (folder / "bin/python", folder / ".venv/bin/python") if p.exists()), None
    )
    sources = next(
        (s for s in (folder / "src", folder) if (s / "bodega/__init__.py").exists()), None
    )
    if python is None and sources is None:
        raise NoRelease(
            f"{folder} has no release: neither bin/python or .venv/bin/python (a virtual environment "
            "with bodega in it), nor src/bodega (its sources)."
        )
    return Release(
        name or folder.resolve().name,
        str(folder),
        str(python or sys.executable),
        str(sources) if sources else "",
    )
