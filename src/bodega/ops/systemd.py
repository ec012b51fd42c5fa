"""What systemd hands to a service, and wants to be told: sd_listen_fds(3), sd_notify(3)."""

import os
import socket
import time

FIRST_DESCRIPTOR = 3


class NotOneSocket(RuntimeError):
    """The socket unit does not fit; the message says why."""


def listener() -> socket.socket | None:
    """The listening socket that systemd has opened for us; None when it has not.

    Raises NotOneSocket. What told us of it is removed, so that children do not take it for theirs.
    """
    count, pid = os.environ.pop("LISTEN_FDS", ""), os.environ.pop("LISTEN_PID", "")
    os.environ.pop("LISTEN_FDNAMES", None)
    if not count or pid != str(os.getpid()):
        return None
    if count != "1":
        raise NotOneSocket(f"systemd handed over {count} sockets; the shop wants exactly one.")
    found = socket.socket(fileno=FIRST_DESCRIPTOR)
    if found.type != socket.SOCK_STREAM or not found.getsockopt(
        socket.SOL_SOCKET, socket.SO_ACCEPTCONN
    ):
        raise NotOneSocket("what systemd handed over does not listen: use ListenStream=.")
    found.setblocking(True)
    found.set_inheritable(True)
    return found


class Notify:
    """Tells systemd how we are; silent without `NOTIFY_SOCKET`."""

    def __init__(self) -> None:
        self._address = os.environ.pop("NOTIFY_SOCKET", "")

    def ready(self) -> None:
        """The shop is open; we are its main process."""
        self._send(f"READY=1\nMAINPID={os.getpid()}")

    def reloading(self) -> None:
        """SIGHUP was heard: `ready` follows (Type=notify-reload)."""
        self._send(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1_000}")

    def stopping(self) -> None:
        """It closes."""
        self._send("STOPPING=1")

    def status(self, sentence: str) -> None:
        """What `systemctl status` shows."""
        self._send(f"STATUS={sentence}")

    def _send(self, text: str) -> None:
        if not self._address:
            return
        address = f"\0{self._address[1:]}" if self._address[0] == "@" else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            try:
                end.sendto(text.encode(), address)
            except OSError:
                self._address = ""  # nobody listens: a shop does not fail for it
