"""May a shop be run on this directory? Asked at each start, before anything is opened (rule 10).

About 15 ms. What it finds is either a sentence to log (development: tmpfs, macOS) or a refusal with an
exit code: then the process must end, and whoever serves already keeps serving.
"""

import os
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from bodega.databases import mounts
from bodega.databases.exits import Exit
from bodega.databases.generations import Generation
from bodega.databases.leftovers import unsettled
from bodega.databases.peers import Peer, meet
from bodega.databases.register import Register
from bodega.databases.selftest import SelfTest
from bodega.databases.volume import Identity, VolumeError, read_identity


class Refused(RuntimeError):
    """This process must not start here. `code`: what it ends with."""

    def __init__(self, code: Exit, sentence: str) -> None:
        super().__init__(sentence)
        self.code = code


@dataclass(frozen=True)
class Ground:
    """A volume that passed. `warnings`: what would be refused in production."""

    volume: Identity
    register: Register
    peers: tuple[Peer, ...]
    warnings: tuple[str, ...]

    def join(self, release: str) -> Generation:
        """Become a generation of this volume."""
        return Generation(self.register, release)


def probe(directory: Path, expect: str | None = None, *, is_strict: bool | None = None) -> Ground:
    """Test the ground. Raises Refused.

    `expect`: the id of the generation that must answer. `is_strict`: refuse file systems that may do
    for a try but not for a shop; unless told, in production.
    """
    is_strict = _is_production() if is_strict is None else is_strict
    identity = _identity(directory)
    warnings = _place(directory, is_strict)
    try:
        (directory / "locks").mkdir(exist_ok=True)
        complaints = SelfTest(directory / "locks").complaints()
        if complaints:
            raise Refused(Exit.NO_LOCKS, f"{directory}: {'; '.join(complaints)}. {LOCAL_DISK}")
        register = Register(directory)
        peers = meet(register)
    except (OSError, sqlite3.Error) as error:
        raise Refused(
            Exit.NO_LOCKS, f"{directory} cannot be tested: {error}. May this user write there?"
        ) from error
    _refuse_strange(peers)
    _refuse_absence(peers, expect)
    left = unsettled(register)
    if left:
        raise Refused(Exit.UNSETTLED, left)
    return Ground(identity, register, tuple(peers), tuple(warnings))


LOCAL_DISK = "Put the volume on a local disk (ext4, xfs, btrfs, zfs or f2fs)."


def _is_production() -> bool:
    return os.environ.get("BODEGA_MODE", "production") == "production"


def _identity(directory: Path) -> Identity:
    try:
        identity = read_identity(directory)
    except VolumeError as error:
        raise Refused(Exit.NOT_THIS_VOLUME, str(error)) from error
    expected = os.environ.get("BODEGA_VOLUME_ID")
    if expected and expected != identity.id:
        raise Refused(
            Exit.NOT_THIS_VOLUME,
            f"{directory} is the volume {identity.id}, but BODEGA_VOLUME_ID says {expected}. "
            "Is the right one mounted?",
        )
    return identity


def _place(directory: Path, is_strict: bool) -> list[str]:
    """What is doubtful about where the files lie. Raises Refused for what cannot work."""
    known = mounts.mounts()
    misplaced = mounts.misplaced(directory, known or [])
    if misplaced:
        raise Refused(Exit.WRONG_PLACE, f"{directory}: {'; '.join(misplaced)}.")
    kind = mounts.kind_of(directory, known) if known is not None else "not known on this system"
    if kind in mounts.LOCAL:
        return []
    sentence = f"{directory} is on a file system that Bodega does not trust with a shop ({kind})."
    if is_strict:
        raise Refused(Exit.WRONG_PLACE, f"{sentence} {LOCAL_DISK}")
    return [f"{sentence} Fine for a try, refused in production."]


def _refuse_strange(peers: list[Peer]) -> None:
    for peer in peers:
        if peer.complaints:
            raise Refused(
                Exit.UNSEEN_PEER,
                f"generation {peer.id[:8]} lives on this volume, but {'; '.join(peer.complaints)}. "
                "It keeps serving. Mount the whole directory into both, from the same disk.",
            )


def _refuse_absence(peers: list[Peer], expect: str | None) -> None:
    if expect and not any(peer.id.startswith(expect) for peer in peers):
        there = ", ".join(peer.id[:8] for peer in peers) or "nobody"
        raise Refused(
            Exit.ABSENT_PEER,
            f"generation {expect[:8]} is said to be live, but does not answer on this volume "
            f"(there is {there}): this is another directory, or a copy. It keeps serving.",
        )
