"""The stand-in for containers, and what is said of a shop that does not come up."""

import subprocess
import sys
from pathlib import Path

import pytest

from bodega.ops.drill.storm.sides import DidNotComeUp, can_contain, end, namespaces, until_up
from bodega.ops.showcase import free_port

pytestmark = pytest.mark.process


def test_a_container_sees_the_volume_at_another_place_and_is_process_1(tmp_path: Path) -> None:
    if not can_contain(tmp_path):
        assert subprocess.run(["unshare", "--mount", "true"], check=False).returncode
        return
    volume, mount = tmp_path / "volume", tmp_path / "mount"
    for folder in (volume, mount):
        folder.mkdir()
    (volume / "file").write_text("of the volume")
    told = "import os, sys; print(os.getpid(), open(sys.argv[1]).read())"
    command = [*namespaces(volume, mount), sys.executable, "-c", told, str(mount / "file")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == "1 of the volume\n"
    assert list(mount.iterdir()) == [], "outside, nothing is mounted there"


def test_where_nobody_may_make_namespaces_it_is_noticed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert not can_contain(tmp_path)


def test_a_shop_that_ends_before_it_answers_did_not_come_up() -> None:
    process = subprocess.Popen([sys.executable, "-c", "raise SystemExit(84)"])
    with pytest.raises(DidNotComeUp, match="exit code 84"):
        until_up(free_port(), process)


def test_who_does_not_stop_when_asked_to_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bodega.ops.drill.storm.sides.STOP_SECONDS", 0.2)
    ignores = "import signal, time; signal.signal(15, signal.SIG_IGN)"
    deaf = f"{ignores}; print('up', flush=True); time.sleep(600)"
    process = subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    end(process, process.pid)
    assert process.returncode == -9
    process.stdout.close()
