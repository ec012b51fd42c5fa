"""Stripe's own command line, from its npm package: installed once, into build/."""

import subprocess
from pathlib import Path

BUILD = Path(__file__).parents[2] / "build" / "conformance"
VERSION = "1.52.0"


def stripe_program() -> Path:
    """The program of exactly that version. Raises SystemExit with a sentence when npm cannot
    fetch it."""
    home = BUILD / f"stripe-cli-{VERSION}"
    program = home / "node_modules" / ".bin" / "stripe"
    if not program.exists():
        home.mkdir(parents=True, exist_ok=True)
        # Its install script would fetch the program from elsewhere if the registry lacked it.
        how = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--loglevel=error"]
        command = ["npm", "install", *how, "--prefix", str(home), f"@stripe/cli@{VERSION}"]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        if done.returncode != 0 or not program.exists():
            raise SystemExit(
                f"conformance: npm could not install @stripe/cli {VERSION}.\n{done.stderr}"
            )
    return program
