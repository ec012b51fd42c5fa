"""Who descends from a process, by `bodega`'s verbs."""

from pathlib import Path


def parents() -> dict[int, int]:
    """Every process of the machine and its parent."""
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            found[int(stat.parent.name)] = int(stat.read_text().rsplit(")", 1)[1].split()[1])
        except OSError:  # it ended while we looked
            continue
    return found


def family(ancestor: int) -> dict[str, int]:
    """The `bodega` processes below `ancestor`; the youngest of each verb."""
    known = parents()
    found = {}
    for pid in sorted(known):
        words = command(pid)
        if "bodega" in words[:-1] and descends(pid, ancestor, known):
            found[words[words.index("bodega") + 1]] = pid
    return found


def descends(pid: int, ancestor: int, known: dict[int, int]) -> bool:
    while pid := known.get(pid, 0):
        if pid == ancestor:
            return True
    return False


def command(pid: int) -> list[str]:
    """Its words; none once it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except OSError:
        return []
