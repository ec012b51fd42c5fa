"""`bodega doctor`: is the machine well? Changes nothing; beside a living shop, or before it starts."""

import argparse
import os

import bodega.databases  # noqa: F401 - first: one SQLite library
from bodega.databases.layout import volume_directory
from bodega.lib.clock import utc_now
from bodega.ops.doctor.case import Case
from bodega.ops.doctor.examination import THEMES, examine
from bodega.ops.doctor.findings import worst


def run(arguments: list[str]) -> int:
    """Exit codes: 0 all is well, 1 something to look at, 2 something is bad (or wrong words)."""
    options = parser().parse_args(arguments)
    case = Case(volume_directory(), os.environ, utc_now(), options.thorough)
    findings = list(examine(case, options.theme or THEMES))
    from bodega.ops.doctor import report

    if options.json:
        print(report.as_json(findings))
    else:
        from rich.console import Console

        report.show(findings, Console(highlight=False), is_brief=options.brief)
    return int(worst(findings))


def parser() -> argparse.ArgumentParser:
    """The words of this verb."""
    words = argparse.ArgumentParser(
        prog="bodega doctor",
        description="Is the machine well? Says what is wrong and what to do next; changes nothing.",
        epilog="themes: " + ", ".join(THEMES),
    )
    words.add_argument("theme", nargs="*", type=_theme, help="only these (default: all)")
    words.add_argument("--thorough", action="store_true", help="read every page and every record")
    words.add_argument("--brief", action="store_true", help="only what is not ok")
    words.add_argument("--json", action="store_true", help="one JSON object")
    return words


def _theme(text: str) -> str:
    if text not in THEMES:
        raise argparse.ArgumentTypeError(f"there is no theme '{text}'; {', '.join(THEMES)}")
    return text
