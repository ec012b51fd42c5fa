"""A merchant's own folder, from the skeleton beside this file and the repository's `deploy/`.

The skeleton's files are whole and valid as they are, so that linters and tests read what a merchant
gets; two words in them stand for the shop's name and its address.
"""

import re
from pathlib import Path
from typing import NamedTuple

SKELETON = Path(__file__).parent / "skeleton"
NAME, HOST = "myshop", "shop.example"
A_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}[a-z0-9]")
A_HOST = re.compile(r"(?=.{4,253}$)([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}")
PROGRAMS = ("bin/", "hooks/", "systemd/myshop")
# Where a file goes, when not where it lies: tools look for it there.
PLACES = {
    "gitignore": ".gitignore",
    "Dockerfile": "deploy/Dockerfile",
    "Dockerfile.dockerignore": "deploy/Dockerfile.dockerignore",
    "deploy/github-actions/deploy.yml": ".github/workflows/deploy.yml",
}
# Bodega's own image; a shop's stands in its place.
LEFT_OUT = {"deploy/Dockerfile", "deploy/Dockerfile.dockerignore", "deploy/README.md"}
SECRETS = {"secrets.env"}


class CannotFound(RuntimeError):
    """The folder cannot be made; the message says why and what to do."""


class Written(NamedTuple):
    """A file of a new folder: its place in it, its text, its mode."""

    place: str
    text: str
    mode: int


def found(folder: Path, host: str = HOST) -> list[str]:
    """Write a merchant's folder, named as its shop. Returns the places, in order.

    Nothing that exists is touched. Raises CannotFound.
    """
    if not A_NAME.fullmatch(folder.name):
        raise CannotFound(
            f"'{folder.name}' cannot name a shop: small letters, digits and - (2 to 32, a letter first)."
        )
    if not A_HOST.fullmatch(host):
        raise CannotFound(
            f"'{host}' is no host name. It looks like shop.example.com, without https://."
        )
    if folder.exists() and any(folder.iterdir()):
        raise CannotFound(f"{folder} is there already and not empty. Choose another name.")
    files = sorted(files_for(folder.name, host))
    try:
        for place, text, mode in files:
            path = folder / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            path.chmod(mode)
    except OSError as error:
        raise CannotFound(f"{folder} cannot be written: {error.strerror}.") from error
    return [file.place for file in files]


def files_for(name: str, host: str) -> list[Written]:
    """The files of a shop's folder."""
    # `deploy` is a link in a checkout, which rglob does not follow, and a folder when installed.
    roots = (SKELETON, SKELETON / "deploy")
    lying = {str(path.relative_to(SKELETON)): path for root in roots for path in root.rglob("*")}
    return [
        _filled_in(lies, path.read_text(), name, host)
        for lies, path in lying.items()
        if path.is_file() and lies not in LEFT_OUT and "__pycache__" not in lies
    ]


def _filled_in(lies: str, text: str, name: str, host: str) -> Written:
    place = PLACES.get(lies, lies).replace(NAME, name)
    mode = 0o755 if any(each in lies for each in PROGRAMS) and text.startswith("#!") else 0o644
    if lies in SECRETS:
        mode = 0o600
    return Written(place, text.replace(HOST, host).replace(NAME, name), mode)
