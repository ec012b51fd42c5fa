"""The volume probe against real peers, real mounts and real faults."""

import os
import shutil
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bodega.databases import mounts, probe
from bodega.databases.exits import Exit
from bodega.databases.opening import open_file
from bodega.databases.register import NOBODY, QUESTION, Register
from bodega.databases.volume import read_identity
from tests.databases.newcomers import IS_ROOT, comes, living
from tests.waiting import until

pytestmark = pytest.mark.process
root = pytest.mark.skipif(not IS_ROOT, reason="mount namespaces need root")


@pytest.fixture
def shop(volume: Path) -> Path:
    """A volume with a database."""
    connection = open_file("primary", volume)
    connection.execute("CREATE TABLE t (a)")
    connection.close()
    return volume


def bind(source: Path, target: Path) -> list[str]:
    return ["mount", "--bind", str(source), str(target)]


def test_a_sound_volume_with_nobody_on_it_passes(shop: Path) -> None:
    assert comes(shop)["code"] == 0
    assert comes(shop)["peers"] == []


def test_a_living_generation_is_met(shop: Path) -> None:
    with living(shop) as peer:
        assert comes(shop, peer.id) == {"code": 0, "peers": [peer.id], "warnings": []}


def test_two_living_generations_are_both_met(shop: Path) -> None:
    with living(shop) as one, living(shop) as other:
        assert sorted(comes(shop)["peers"]) == sorted([one.id, other.id])


def test_a_directory_that_is_no_volume_is_refused(tmp_path: Path) -> None:
    told = comes(tmp_path)
    assert told["code"] == Exit.NOT_THIS_VOLUME
    assert "Is it mounted?" in told["why"]


def test_another_volume_than_the_environment_says_is_refused(
    shop: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BODEGA_VOLUME_ID", "0123456789abcdef")
    told = comes(shop)
    assert told["code"] == Exit.NOT_THIS_VOLUME
    assert "BODEGA_VOLUME_ID says 0123456789abcdef" in told["why"]
    monkeypatch.setenv("BODEGA_VOLUME_ID", read_identity(shop).id)
    assert comes(shop)["code"] == 0


def test_a_second_name_is_refused(shop: Path) -> None:
    (shop.parent / "alias").hardlink_to(shop / "primary.sqlite3")
    told = comes(shop)
    assert told["code"] == Exit.WRONG_PLACE
    assert "primary.sqlite3 has 2 names" in told["why"]


def test_a_symbolic_link_is_refused(shop: Path) -> None:
    (shop / "primary.sqlite3").rename(shop.parent / "elsewhere.sqlite3")
    (shop / "primary.sqlite3").symlink_to(shop.parent / "elsewhere.sqlite3")
    told = comes(shop)
    assert told["code"] == Exit.WRONG_PLACE
    assert "symbolic link" in told["why"]


@root
@pytest.mark.parametrize("name", ["primary.sqlite3", "primary.sqlite3-shm", "queue.sqlite3-wal"])
def test_a_mounted_file_is_refused(shop: Path, name: str) -> None:
    (shop / name).touch()
    own = shop.parent / "own"
    own.touch()
    told = comes(shop, before=[bind(own, shop / name)])
    assert told["code"] == Exit.WRONG_PLACE
    assert f"{name} is a mount of its own" in told["why"]


@root
def test_a_file_on_another_device_is_noticed(shop: Path, tmp_path: Path) -> None:
    """Whatever made it so: here the list of mounts is kept from the check."""
    code = (
        "import sys; from pathlib import Path; from bodega.databases import mounts;"
        "print(mounts.misplaced(Path(sys.argv[1]), []))"
    )
    memory = tmp_path / "memory"
    memory.mkdir()
    script = (
        f"mount --make-rprivate / && mount -t tmpfs tmpfs {memory} && touch {memory}/own && "
        f'mount --bind {memory}/own {shop}/primary.sqlite3 && exec {sys.executable} -c "$0" {shop}'
    )
    done = subprocess.run(
        ["unshare", "-m", "sh", "-c", script, code], capture_output=True, text=True, check=True
    )
    assert "is on another device than its directory" in done.stdout


@root
def test_memory_is_fine_for_a_try_and_refused_for_a_shop(shop: Path, tmp_path: Path) -> None:
    place = tmp_path / "memory"
    place.mkdir()
    before = [["mount", "-t", "tmpfs", "tmpfs", str(place)], ["cp", "-a", f"{shop}/.", str(place)]]
    lax = comes(place, before=before)
    assert lax["code"] == 0
    assert "tmpfs" in lax["warnings"][0]
    strict = comes(place, before=before, strict=True)
    assert strict["code"] == Exit.WRONG_PLACE
    assert "local disk" in strict["why"]


@root
def test_two_namespaces_with_the_directory_mounted_meet(shop: Path, tmp_path: Path) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    there.mkdir()
    with living(here, before=[bind(shop, here)]) as peer:
        assert comes(there, peer.id, before=[bind(shop, there)])["peers"] == [peer.id]


@root
def test_layers_of_an_overlay_do_not_meet(shop: Path, tmp_path: Path) -> None:
    """Also where overlays are let pass (development), the expected generation does not answer."""
    before = {}
    for name in ("one", "other"):
        for part in ("upper", "work", "merged"):
            (tmp_path / f"{part}-{name}").mkdir()
        options = f"lowerdir={shop},upperdir={tmp_path}/upper-{name},workdir={tmp_path}/work-{name}"
        merged = str(tmp_path / f"merged-{name}")
        before[name] = [["mount", "-t", "overlay", "overlay", "-o", options, merged]]
    with living(tmp_path / "merged-one", before=before["one"]) as peer:
        told = comes(tmp_path / "merged-other", peer.id, before=before["other"])
        assert told["code"] == Exit.ABSENT_PEER


def test_a_copy_of_the_volume_is_refused_when_somebody_is_expected(
    shop: Path, tmp_path: Path
) -> None:
    with living(shop) as peer:
        shutil.copytree(shop, tmp_path / "copy")
        told = comes(tmp_path / "copy", peer.id)
        assert told["code"] == Exit.ABSENT_PEER
        assert "a copy" in told["why"]


@pytest.mark.parametrize(
    ("private", "complaint"),
    [
        ("generations.memory", "has no name in shared memory"),
        ("generations.posix", "its POSIX lock is not seen"),
        ("generations.ofd", "lock of its open file (OFD) is not seen"),
        ("generations.sqlite3-shm", "SQLite's write lock is not seen"),
    ],
)
@root
def test_each_thing_that_is_not_shared_is_noticed(
    shop: Path, tmp_path: Path, private: str, complaint: str
) -> None:
    with living(shop) as peer:
        own = tmp_path / "own"
        shutil.copy(shop / "locks" / private, own)
        if private == "generations.memory":
            own.write_bytes(bytes(own.stat().st_size))
        told = comes(shop, peer.id, before=[bind(own, shop / "locks" / private)])
        assert told["code"] == Exit.UNSEEN_PEER
        assert complaint in told["why"]
        assert "It keeps serving" in told["why"]


def test_a_database_that_was_replaced_under_the_peer_is_noticed(shop: Path) -> None:
    with living(shop):
        shutil.copy(shop / "primary.sqlite3", shop / "new")
        os.replace(shop / "new", shop / "primary.sqlite3")
        told = comes(shop)
        assert told["code"] == Exit.UNSEEN_PEER
        assert "primary.sqlite3 is not the file on which it works" in told["why"]


def test_a_log_that_was_deleted_under_the_peer_is_noticed(shop: Path) -> None:
    with living(shop):
        (shop / "primary.sqlite3-wal").unlink()
        told = comes(shop)
        assert told["code"] == Exit.UNSEEN_PEER
        assert "primary.sqlite3-wal" in told["why"]


def test_a_killed_peer_is_nobody(shop: Path) -> None:
    with living(shop) as peer:
        peer.process.kill()
        peer.process.wait()
        assert comes(shop)["peers"] == []


def test_a_frozen_peer_is_refused(shop: Path) -> None:
    with living(shop) as peer:
        peer.process.send_signal(signal.SIGSTOP)
        told = comes(shop)
        assert told["code"] == Exit.UNSEEN_PEER
        assert "does not answer" in told["why"]


def test_a_peer_that_ends_while_it_is_asked_is_nobody(shop: Path) -> None:
    """It held its locks when the newcomer looked, and is killed before it could answer."""
    with living(shop) as peer, ThreadPoolExecutor(1) as pool:
        peer.process.send_signal(signal.SIGSTOP)
        register = Register(shop)
        try:
            told = pool.submit(comes, shop)
            until(lambda: register.read(0, QUESTION) != NOBODY)
            peer.process.kill()
            assert told.result()["peers"] == []
        finally:
            register.close()


def test_production_is_strict_and_so_is_silence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BODEGA_MODE")
    assert probe._is_production()
    monkeypatch.setenv("BODEGA_MODE", "development")
    assert not probe._is_production()


def test_the_mount_that_lies_nearest_counts() -> None:
    among = mounts.mounts(
        "1 0 8:1 / / rw shared:1 - ext4 /dev/root rw\n"
        "2 1 0:5 / /srv rw - nfs4 host:/x rw\n"
        "3 2 8:2 / /srv/my\\040shop rw - xfs /dev/sdb rw\n"
    )
    assert among is not None
    assert mounts.kind_of(Path("/srv/my shop/volume"), among) == "xfs"
    assert mounts.kind_of(Path("/srv/other"), among) == "nfs4"
    assert mounts.kind_of(Path("/srvother"), among) == "ext4"
