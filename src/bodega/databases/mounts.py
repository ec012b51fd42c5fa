"""Where a directory lies: its file system, and what is mounted into it. From `/proc/self/mountinfo`."""

import os
from dataclasses import dataclass
from pathlib import Path

from bodega.databases.layout import FILES

MOUNTINFO = Path("/proc/self/mountinfo")
# File systems on which locks and shared memory are the kernel's own business (design 3.2, rule 10).
LOCAL = frozenset({"ext2", "ext3", "ext4", "xfs", "btrfs", "zfs", "f2fs"})
SIDECARS = ("", "-wal", "-shm", "-journal")


@dataclass(frozen=True)
class Mount:
    """A line of mountinfo (proc_pid_mountinfo(5)): where, and what kind of file system."""

    point: str
    kind: str


def mounts(text: str | None = None) -> list[Mount] | None:
    """Every mount of this process's namespace, later ones over earlier ones; None where there is no
    `/proc` (macOS)."""
    if text is None:
        try:
            text = MOUNTINFO.read_text()
        except FileNotFoundError:
            return None
    found = []
    for line in text.splitlines():
        left, _, right = line.partition(" - ")
        point = left.split(" ")[4].encode().decode("unicode_escape")
        found.append(Mount(point.encode("latin-1").decode(errors="replace"), right.split(" ")[0]))
    return found


def kind_of(directory: Path, among: list[Mount]) -> str:
    """The file system of a directory: "ext4", "overlay", …"""
    path = os.path.realpath(directory)
    best = Mount("", "unknown")
    for mount in among:
        inside = path == mount.point or path.startswith(mount.point.rstrip("/") + "/")
        if inside and len(mount.point) >= len(best.point):
            best = mount
    return best.kind


def misplaced(directory: Path, among: list[Mount]) -> list[str]:
    """A sentence for every database file that is not simply a file in this directory."""
    found = []
    points = {mount.point for mount in among}
    device = os.stat(directory).st_dev
    real = os.path.realpath(directory)
    for path in database_files(directory):
        if os.path.join(real, path.name) in points:
            found.append(
                f"{path.name} is a mount of its own: mount the whole directory, never single files"
            )
        elif path.is_symlink():
            found.append(f"{path.name} is a symbolic link: its -wal would lie elsewhere")
        elif path.exists():
            about = path.stat()
            if about.st_nlink != 1:
                found.append(
                    f"{path.name} has {about.st_nlink} names (hard links): each would get its own -wal"
                )
            if about.st_dev != device:
                found.append(f"{path.name} is on another device than its directory")
    return found


def database_files(directory: Path) -> list[Path]:
    """The four files and their sidecars, as far as there is something with that name."""
    names = [f"{file.name}{suffix}" for file in FILES.values() for suffix in SIDECARS]
    return [path for name in names if os.path.lexists(path := directory / name)]
