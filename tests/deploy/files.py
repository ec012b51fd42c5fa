"""The files of `deploy/`, and the same as they are in a new shop's folder."""

from pathlib import Path

from bodega.ops.founding import Written, files_for

ROOT = Path(__file__).parents[2]
DRAIN_SECONDS, LATE_SECONDS = 8, 2  # how long `bodega up` takes at most to end by itself
DEPLOY = ROOT / "deploy"
SHOP = {written.place: written for written in files_for("prints", "prints.example")}


def ours(place: str) -> str:
    """A file of the repository's `deploy/`."""
    return (DEPLOY / place).read_text()


def merchants(place: str) -> str:
    """A file of the folder that `bodega init prints --host prints.example` writes."""
    written: Written = SHOP[place]
    return written.text
