"""The directory: who it is, whether its files are real files, room, permissions, salvage."""

import os
import stat
from collections.abc import Iterator
from pathlib import Path

from bodega.databases.layout import FILES
from bodega.databases.volume import SECRET, VolumeError, read_identity
from bodega.ops.doctor.case import Case
from bodega.ops.doctor.findings import Finding, bad, ok, unless, warn

LITTLE_BYTES, TOO_LITTLE_BYTES = 500_000_000, 100_000_000
SIDECARS = ("", "-wal", "-shm")


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
    hint = "Stop the shop, put the real file there, and mount whole directories only (docs/running.md)."
    home = case.volume.stat().st_dev
    for file in FILES.values():
        for suffix in SIDECARS:
            path = case.volume / f"{file.name}{suffix}"
            wrong = _oddity(path, home)
            if wrong:
                yield bad(
                    "volume.files",
                    f"{path.name} {wrong}: two processes could lock two different things.",
                    hint,
                )
    for file in FILES.values():
        if not os.path.lexists(case.volume / file.name) and file.alias is not None:
            yield bad(
                "volume.files",
                f"{file.name} is missing.",
                "Take it from a backup: bodega restore. For a new, empty shop: bodega init",
            )


def _oddity(path: Path, home: int) -> str:
    """Why a file is not a plain one of its own; "" when it is, or is not there."""
    if not os.path.lexists(path):
        return ""
    found = path.lstat()
    if stat.S_ISLNK(found.st_mode):
        return "is a symbolic link"
    if not stat.S_ISREG(found.st_mode):
        return "is no file"
    if found.st_nlink > 1:
        return f"has {found.st_nlink} names (hard links)"
    if found.st_dev != home or os.path.ismount(path):
        return "is mounted by itself"
    return ""


def _writable(case: Case) -> Iterator[Finding]:
    if os.statvfs(case.volume).f_flag & os.ST_RDONLY:
        yield bad(
            "volume.writable",
            f"The file system of {case.volume} is read-only: the shop cannot take orders.",
            "Look at 'dmesg' for errors of the disk, then: mount -o remount,rw",
        )
    elif not os.access(case.volume, os.W_OK):
        yield bad(
            "volume.writable",
            f"This user may not write to {case.volume}.",
            f"chown -R $(id -u) {case.volume}, or run as the user it belongs to.",
        )


def _space(case: Case) -> Finding:
    told = os.statvfs(case.volume)
    free = told.f_bavail * told.f_frsize
    share = free / max(1, told.f_blocks * told.f_frsize)
    sentence = f"{free / 1e6:,.0f} MB are free on the volume's file system ({share:.0%})."
    hint = "Make room: old files in scratch/ and *.replaced-*, logs; then larger disk."
    if told.f_files and not told.f_favail:
        return bad("volume.space", "The volume's file system has no inodes left.", hint)
    if free < TOO_LITTLE_BYTES:
        return bad("volume.space", sentence + " Orders will soon be refused.", hint)
    if free < LITTLE_BYTES:
        return warn("volume.space", sentence, hint)
    return ok("volume.space", sentence)


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
    folders = sorted(each.name for each in (case.volume / "salvage").glob("*") if each.is_dir())
    if folders:
        yield warn(
            "volume.salvage",
            f"A process that lost its files put aside what it had: salvage/{folders[-1]}"
            + (f" and {len(folders) - 1} more." if len(folders) > 1 else "."),
            f"Look what is in it: bodega salvage {case.volume / 'salvage' / folders[-1]}",
        )
