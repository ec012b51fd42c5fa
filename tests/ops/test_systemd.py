"""What systemd would do, done by a test: a socket as descriptor 3, and a socket that hears."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bodega.ops.systemd import Notify

SERVICE = """
import os, sys
os.environ["LISTEN_PID"] = sys.argv[1] if len(sys.argv) > 1 else str(os.getpid())
from bodega.ops.systemd import NotOneSocket, listener
try:
    found = listener()
except NotOneSocket as error:
    print(error)
else:
    print(found and found.getsockname()[1], "LISTEN_FDS" in os.environ)
"""


def service(listener: socket.socket, count: int = 1, pid: str = "") -> str:
    """What a service prints that is handed the socket as descriptor 3."""

    def hand_over() -> None:
        os.dup2(listener.fileno(), 3)

    done = subprocess.run(
        [sys.executable, "-c", SERVICE, *([pid] if pid else [])],
        env={**os.environ, "LISTEN_FDS": str(count)},
        preexec_fn=hand_over,
        close_fds=False,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.process
def test_the_socket_that_systemd_opened_is_taken_once() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        assert service(listener) == f"{port} False", "and children do not take it for theirs"
        assert service(listener, pid="1") == "None False", "it was meant for another process"
        assert "handed over 2 sockets" in service(listener, count=2)


@pytest.mark.process
def test_a_socket_that_does_not_listen_is_refused() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        assert "does not listen" in service(silent)


def test_systemd_is_told_and_its_absence_is_no_trouble(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "ear"))
        ear.settimeout(5)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "ear"))
        notify = Notify()
        assert "NOTIFY_SOCKET" not in os.environ, "children must not speak for us"
        notify.ready()
        assert ear.recv(1000).decode() == f"READY=1\nMAINPID={os.getpid()}"
        notify.reloading()
        assert ear.recv(1000).startswith(b"RELOADING=1\nMONOTONIC_USEC=")
        notify.stopping()
        assert ear.recv(1000) == b"STOPPING=1"
    (tmp_path / "ear").unlink()
    notify.ready()
    Notify().ready()
