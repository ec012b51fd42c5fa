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
from bodega.databases.leases import Lease

# Whose files `collectstatic` gathers besides ours, and who names and compresses them.
PACKAGES = ("django", "django-unfold", "whitenoise", "brotli")


class NotPrepared(RuntimeError):
    """A step failed; the message says why, and all that it said is on the screen already."""


def migrate(*, beside: bool) -> None:
    """Quick checks, then tables as this release expects them. `beside`: an older generation lives.

    Raises NotPrepared.
    """
    _python("-m", "bodega.ops.migrating", *(["--beside"] if beside else []))


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
            os.sync()  # before the stamp: after a power cut they would be empty, and never made again
            stamp.touch()
    return True


def _fingerprint() -> str:
    """Of everything that `collectstatic` would collect, without importing it: some 5 ms.

    Of contents, not of times: a release that is installed anew has other times, mostly the same files.
    """
    root = Path(bodega.__file__).parent
    told = [f"{name} {_version(name)}" for name in PACKAGES]
    found = [(path, path.relative_to(root)) for path in sorted(root.glob("*/static/**/*"))]
    if shop := os.environ.get("BODEGA_SHOP"):  # the merchant's own folder
        own = sorted(Path(shop).glob("static/**/*"))
        found += [(path, "own" / path.relative_to(shop)) for path in own]
    for path, name in found:
        if path.is_file():
            told.append(f"{name} {hashlib.blake2b(path.read_bytes()).hexdigest()}")
    return hashlib.blake2b("\n".join(told).encode(), digest_size=8).hexdigest()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"


def _manage(*words: str) -> None:
    _python("-m", "bodega", "manage", *words)


def _python(*words: str) -> None:
    """Run a program of this release; what it complains of is passed on, and its last line is why."""
    done = subprocess.run(
        [sys.executable, *words], env=os.environ, check=False, stderr=subprocess.PIPE, text=True
    )
    sys.stderr.write(done.stderr)
    sys.stderr.flush()
    if done.returncode:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise NotPrepared(f"it cannot work on this volume: {lines[-1].strip().rstrip('.')}")
