"""The directory: who it is, whether its files are real files, room, permissions, salvage."""

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

from bodega.databases import leftovers, mounts, space
from bodega.databases.layout import FILES
from bodega.databases.volume import SECRET, VolumeError, read_identity
from bodega.ops.doctor.case import Case
from bodega.ops.doctor.findings import Finding, bad, ok, unless, warn


def examine(case: Case) -> Iterator[Finding]:
    """Everything that can be said without opening a database."""
    try:
        identity = read_identity(case.volume)
        yield ok("volume.identity", f"{case.volume} is volume {identity.id} ({identity.shop}).")
    except VolumeError as error:
        hint = "Mount the volume, set BODEGA_VOLUME, or take it from a backup: bodega restore"
        yield bad("volume.identity", str(error), hint)
    if not case.volume.is_dir():
        return
    yield from unless(
        _files(case), ok("volume.files", "The four files are plain files of their own.")
    )
    yield from unless(_writable(case), ok("volume.writable", "The file system can be written to."))
    yield _space(case)
    yield from unless(_secret(case), ok("volume.secret", "Only this user can read secret.key."))
    yield from unless(_salvage(case), ok("volume.salvage", "Nothing waits to be salvaged."))


def _files(case: Case) -> Iterator[Finding]:
    for wrong in mounts.misplaced(case.volume, mounts.mounts() or []):
        hint = "Stop the shop, put the real file there, and mount whole directories only."
        yield bad("volume.files", f"{wrong}.", hint)
    for file in FILES.values():
        if not os.path.lexists(case.volume / file.name) and file.alias is not None:
            yield bad(
                "volume.files",
                f"{file.name} is missing.",
                "Take it from a backup: bodega restore. For a new, empty shop: bodega init",
            )


def _writable(case: Case) -> Iterator[Finding]:
    if os.statvfs(case.volume).f_flag & os.ST_RDONLY or _turned_read_only(case.volume):
        yield bad(
            "volume.writable",
            f"The file system of {case.volume} is read-only: the shop cannot take orders.",
            "Look at 'dmesg' for errors of the disk. None: mount -o remount,rw. Otherwise stop the "
            "shop, unmount, fsck, mount, start.",
        )
    elif not os.access(case.volume, os.W_OK):
        yield bad(
            "volume.writable",
            f"This user may not write to {case.volume}.",
            f"chown -R $(id -u) {case.volume}, or run as the user it belongs to.",
        )


def _turned_read_only(directory: Path) -> bool:
    """Whether it refuses a file without a name, which leaves no trace: ext4 that stopped after an
    error says so nowhere else (Linux 6.13 and newer: `emergency_ro`)."""
    try:
        os.close(os.open(directory, os.O_TMPFILE | os.O_RDWR, 0o600))
    except OSError as error:
        return error.errno in {errno.EROFS, errno.EIO}
    except AttributeError:
        return False  # only Linux has such files
    return False


def _space(case: Case) -> Finding:
    found = space.of(case.volume)
    hint = (
        "Make room: volumes that a restore put aside (*.replaced-*), old logs. Then a larger disk."
    )
    if found.is_short:
        return bad("volume.space", f"{found.told()}: orders are refused until there is room.", hint)
    if found.is_getting_short:
        return warn("volume.space", f"{found.told()}.", hint)
    return ok("volume.space", f"{found.told()}.")


def _secret(case: Case) -> Iterator[Finding]:
    path = case.volume / SECRET
    if not path.exists():
        if not case.environment.get("BODEGA_SECRET_KEY"):
            yield bad(
                "volume.secret",
                f"There is no {SECRET}, and BODEGA_SECRET_KEY is not set.",
                "Restore it from a backup made with --with-secrets, or set BODEGA_SECRET_KEY.",
            )
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        yield bad(
            "volume.secret",
            f"Other users of this machine can read {path} ({mode:04o}): they could sign in as anybody.",
            f"chmod 600 {path}",
        )


def _salvage(case: Case) -> Iterator[Finding]:
    folders = leftovers.waiting(case.volume)
    if folders:
        more = f" and {len(folders) - 1} more" if len(folders) > 1 else ""
        yield warn(
            "volume.salvage",
            f"A process that lost its files put aside what it had: {folders[-1].name}{more}.",
            "See which orders are in it: bodega salvage; and bring them back: bodega salvage --apply",
        )
