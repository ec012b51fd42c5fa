"""`bodega init [DIR]`: make a directory a volume, the one deliberate act that creates a shop."""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from bodega.databases.layout import FILES, volume_directory
from bodega.databases.volume import VolumeError, create_volume, read_identity


def run(arguments: list[str]) -> int:
    """Create identity, secret and the four files; an existing volume is left as it is."""
    options = parser().parse_args(arguments)
    directory = Path(options.directory).absolute() if options.directory else volume_directory()
    existed = (directory / "volume.json").exists()
    try:
        identity = create_volume(directory, options.shop)
    except VolumeError as error:
        print(f"bodega init: {error}", file=sys.stderr)
        return 1
    if not migrate(directory):
        return 1
    for file in FILES.values():
        print(f"  {directory / file.name}  {file.holds}")
    state = "was a volume already" if existed else "is a volume now"
    print(f"{directory} {state} (id {read_identity(directory).id}, made {identity.created}).")
    print(f"Next: BODEGA_VOLUME={directory} bodega up")
    return 0


def migrate(directory: Path) -> bool:
    """Bring both migrated files up to date, in a process of its own; False when Django complained."""
    environment = {**os.environ, "BODEGA_VOLUME": str(directory)}
    for file in FILES.values():
        if file.alias:
            command = ["manage", "migrate", "--database", file.alias, "--verbosity", "0"]
            words = [sys.executable, "-m", "bodega", *command]
            if subprocess.run(words, env=environment, check=False).returncode:
                return False
    create_disposable(directory)
    return True


def create_disposable(directory: Path) -> None:
    """Make cache and cable exist too, so that four files are four; a damaged one is replaced."""
    from bodega.cable.messages import messages_in
    from bodega.cache.backend import store_in

    messages_in(directory).file.connection()
    store_in(directory).entries.file.connection()


def parser() -> argparse.ArgumentParser:
    """The words of this verb."""
    words = argparse.ArgumentParser(prog="bodega init", description=__doc__)
    words.add_argument("directory", nargs="?", help="default: $BODEGA_VOLUME, or ./storage")
    words.add_argument("--shop", default="My shop", help="the shop's name, for people")
    return words
