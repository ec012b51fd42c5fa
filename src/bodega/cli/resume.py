"""`bodega resume`: the end of a pause."""

import argparse

from bodega.databases import pause
from bodega.databases.layout import volume_directory


def run(arguments: list[str]) -> int:
    """Let the shop go on. Exit codes: 0 it goes on, or was not paused; 2 wrong words."""
    parser().parse_args(arguments)
    was_paused = pause.end(volume_directory())
    print("The shop goes on." if was_paused else "The shop was not paused.")
    return 0


def parser() -> argparse.ArgumentParser:
    """The words of this verb."""
    return argparse.ArgumentParser(
        prog="bodega resume", description="End the pause of the shop: who waits is let in."
    )
