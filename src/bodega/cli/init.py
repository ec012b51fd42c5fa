"""`bodega init`: a shop's own folder (a name), or only a volume (a path).

The one deliberate act that creates a shop; docs/decisions/0011 says why a name and a path differ.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

from bodega.databases.layout import FILES, volume_directory
from bodega.databases.volume import VolumeError, create_volume, read_identity


def run(arguments: list[str]) -> int:
    """Create what is asked for; an existing volume is left as it is.

    Exit codes: 0 done, 1 could not, with a sentence, 2 wrong words.
    """
    options = parser().parse_args(arguments)
    if options.what is None:
        return make_volume(volume_directory(), options.shop or "My shop")
    if os.sep in options.what or options.what in {".", ".."}:
        return make_volume(Path(options.what).absolute(), options.shop or "My shop")
    return make_folder(Path(options.what).absolute(), options)


def make_folder(folder: Path, options: argparse.Namespace) -> int:
    """Write a merchant's folder and make its `storage` a volume."""
    from bodega.ops.founding import CannotFound, found

    if (folder / "volume.json").exists():
        print(
            f"bodega init: {folder} is a volume. As a volume it is named by a path: ./{folder.name}",
            file=sys.stderr,
        )
        return 1
    try:
        places = found(folder, options.host)
    except CannotFound as error:
        print(f"bodega init: {error}", file=sys.stderr)
        return 1
    for place in places:
        print(f"  {folder.name}/{place}")
    shop = options.shop or folder.name.replace("-", " ").capitalize()
    if code := make_volume(folder / "storage", shop, is_alone=False):
        return code
    source = Path(__file__).parents[3]
    from_here = f"BODEGA_SOURCE={source} " if (source / "requirements.lock").exists() else ""
    print(f"{folder} is a shop's folder now; its README says what is where.")
    print(f"Next: cd {options.what} && {from_here}bin/setup && bin/dev")
    return 0


def make_volume(directory: Path, shop: str, *, is_alone: bool = True) -> int:
    """Create identity, secret and the four files. `is_alone`: say what comes next."""
    existed = (directory / "volume.json").exists()
    try:
        identity = create_volume(directory, shop)
    except VolumeError as error:
        print(f"bodega init: {error}", file=sys.stderr)
        return 1
    if not migrate(directory):
        return 1
    for file in FILES.values():
        print(f"  {directory / file.name}  {file.holds}")
    state = "was a volume already" if existed else "is a volume now"
    print(f"{directory} {state} (id {read_identity(directory).id}, made {identity.created}).")
    if is_alone:
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
    words = argparse.ArgumentParser(
        prog="bodega init",
        description="A plain NAME makes the folder of a shop of your own: settings, templates and "
        "styles that win over Bodega's, deploy files, a test, and its volume in NAME/storage. A path "
        "(with a /), or nothing, makes only a volume: of that directory, $BODEGA_VOLUME, or ./storage.",
    )
    words.add_argument(
        "what", nargs="?", metavar="NAME|PATH", help="prints, or /srv/prints or ./prints"
    )
    words.add_argument("--shop", help="the shop's name, for people")
    words.add_argument(
        "--host", default="shop.example", help="the host name it will have (with NAME)"
    )
    return words
