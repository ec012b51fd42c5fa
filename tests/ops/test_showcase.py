import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bodega.ops import showcase


def demo(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bodega.ops.showcase", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.process
def test_a_port_in_use_gets_one_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = demo("--port", str(port), "--data", str(tmp_path / "shop"))
    assert done.returncode == 1
    assert done.stderr == (
        f"bin/demo: port {port} is in use by another program. Choose another one: --port {port + 1}\n"
    )
    assert not (tmp_path / "shop").exists()


@pytest.mark.process
def test_an_unusable_folder_gets_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = demo("--port", str(showcase.free_port()), "--data", str(tmp_path / "file" / "shop"))
    assert done.returncode == 1
    assert "cannot be made a volume" in done.stderr
    assert done.stderr.count("\n") == 1


def test_reset_touches_only_what_the_demo_made(tmp_path: Path) -> None:
    mine = tmp_path / "photos"
    mine.mkdir()
    with pytest.raises(showcase.CannotStart, match="not made by bin/demo"):
        showcase.forget(mine)
    (mine / showcase.LOADED).touch()
    showcase.forget(mine)
    assert not mine.exists()
    showcase.forget(mine)  # nothing there: nothing to do


@pytest.mark.parametrize(
    ("port", "words"), [(70000, "not a port number"), (-1, "not a port number")]
)
def test_a_number_that_is_no_port_is_said(port: int, words: str) -> None:
    with pytest.raises(showcase.CannotStart, match=words):
        showcase.refuse_taken(port)


def test_a_free_port_is_free() -> None:
    port = showcase.free_port()
    showcase.refuse_taken(port)
    assert port > 0
