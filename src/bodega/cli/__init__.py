"""The `bodega` command, one file a verb. Nothing here imports Django until a verb needs it."""

import os
import sys
from importlib import import_module

from bodega import __version__
from bodega.lib import folder

# verb → what it is for; the module `bodega.cli.<verb>` has `run(arguments) -> exit code`.
VERBS = {
    "init": "make a shop's own folder, or a directory a volume",
    "up": "run the shop: web and worker in one command",
    "deploy": "bring up other code on the same socket, beside who serves",
    "status": "who serves, since when, and what became of the others",
    "pause": "hold new requests for a quiet moment",
    "resume": "let them in again",
    "generation": "one generation of the shop (bodega up starts it)",
    "web": "run only the web server",
    "worker": "run only the worker",
    "migrations": "what is not applied yet, and whom it would hold up",
    "sql": "ask the four files in SQL, beside a living shop",
    "demo": "fill an empty shop with Bodega Prints",
    "drill": "break things on purpose and see whether an order is lost",
    "backup": "copy the volume beside the living shop, and verify the copy",
    "restore": "make the volume what a backup says",
    "doctor": "is the machine well? what is wrong, and what to do",
    "audit": "is the data true? every order, every cent, every missing number",
    "reconcile": "do Stripe and we agree? settle what was paid, list what differs",
    "salvage": "list and bring back what is in a log that was put aside",
    "manage": "Django's own commands (migrate, createsuperuser, shell, …)",
}


def main(arguments: list[str] | None = None) -> int:
    """Run a verb. Exit codes: 0 done, 1 refused or failed (with a sentence), 2 wrong words, others:
    databases/exits."""
    words = sys.argv[1:] if arguments is None else arguments
    if not words or words[0] in {"-h", "--help", "help"}:
        print(usage())
        return 0
    if words[0] in {"-V", "--version", "version"}:
        print(f"bodega {__version__}")
        return 0
    verb, *rest = words
    if verb not in VERBS:
        print(f"bodega: there is no verb '{verb}'.\n\n{usage()}", file=sys.stderr)
        return 2
    try:
        enter_folder()
    except ValueError as error:
        print(f"bodega: {error}", file=sys.stderr)
        return 1
    try:
        code: int = import_module(f"bodega.cli.{verb}").run(rest)
    except (RuntimeError, ImportError) as error:
        # Not by its name: when the ground refuses to be imported, its names cannot be either.
        code = getattr(error, "exit_code", 0)
        if not code:
            raise
        print(f"bodega {verb}: {error}", file=sys.stderr)
    return int(code)


def enter_folder() -> None:
    """Take the settings of the merchant's folder, when there is one. Raises ValueError."""
    found = folder.find(sys.prefix, os.getcwd())
    if found is not None:
        folder.enter(found)


def usage() -> str:
    """The help that fits a screen."""
    lines = [f"  {verb:<10} {what}" for verb, what in VERBS.items()]
    return "\n".join(["usage: bodega VERB [options]   (bodega VERB --help says more)", "", *lines])
