"""What must be done before a shop may open: migrations, and the static files of this release.

Each step is a process of its own, so that the supervisor stays small: it never imports Django.
"""

import hashlib
import os
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import bodega
from bodega.databases.layout import FILES
from bodega.databases.leases import Lease

# Whose files `collectstatic` gathers besides ours, and who names and compresses them.
PACKAGES = ("django", "django-unfold", "whitenoise", "brotli")


class NotPrepared(RuntimeError):
    """A step failed; what it said is on the screen already."""


def migrate(volume: Path) -> None:
    """Bring the tables of both Django files up to date; one process of a volume at a time."""
    with Lease("migrate", volume):
        for file in FILES.values():
            if file.alias:
                _manage("migrate", "--database", file.alias, "--verbosity", "0")


def collect_static(volume: Path) -> bool:
    """Lay this release's static files into the volume; False when they are there already.

    Files of other releases stay: their names carry a hash, and pages made by an older generation, or
    kept in a browser, still ask for them.
    """
    folder = volume / "static"
    stamp = folder / f".collected-{_fingerprint()}"
    if stamp.exists():
        return False
    with Lease("static", volume):
        if not stamp.exists():
            _manage("collectstatic", "--noinput", "--verbosity", "0")
            stamp.touch()
    return True


def _fingerprint() -> str:
    """Of everything that `collectstatic` would collect, without importing it: 5 ms."""
    root = Path(bodega.__file__).parent
    told = [f"{name} {_version(name)}" for name in PACKAGES]
    found = [(path, path.relative_to(root)) for path in sorted(root.glob("*/static/**/*"))]
    if shop := os.environ.get("BODEGA_SHOP"):  # the merchant's own folder
        own = sorted(Path(shop).glob("static/**/*"))
        found += [(path, "own" / path.relative_to(shop)) for path in own]
    for path, name in found:
        about = path.stat()
        told.append(f"{name} {about.st_size} {about.st_mtime_ns}")
    return hashlib.blake2b("\n".join(told).encode(), digest_size=8).hexdigest()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def _manage(*words: str) -> None:
    command = [sys.executable, "-m", "bodega", "manage", *words]
    code = subprocess.run(command, env=os.environ, check=False).returncode
    if code:
        raise NotPrepared(f"'bodega manage {words[0]}' failed (exit code {code}); see above.")
