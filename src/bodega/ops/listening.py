"""The listening socket: opened once, handed to every web process, so that none of them is missed."""

import errno
import os
import socket

from bodega.lib.sockets import BACKLOG


class CannotListen(RuntimeError):
    """The address cannot be listened on; the message says why and what to do."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket that children may inherit; port 0 takes any free one. Raises CannotListen."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        raise CannotListen(_sentence(host, port, error)) from error
    listener.set_inheritable(True)
    return listener


def _sentence(host: str, port: int, error: OSError | OverflowError) -> str:
    if isinstance(error, OverflowError):
        return f"{port} is not a port number (0 to 65535)."
    if error.errno == errno.EADDRINUSE:
        return f"port {port} is in use by another program. Choose another one: --port {port + 1}"
    if error.errno == errno.EACCES:
        return f"port {port} needs root. Choose one above 1023: --port 8000"
    return f"cannot listen on {host}, port {port}: {error.strerror}."


def public_address(listener: socket.socket) -> str:
    """Where people find the shop: BODEGA_URL, or the address it listens on."""
    if listener.family == socket.AF_UNIX:
        return os.environ.get("BODEGA_URL", "http://localhost").rstrip("/")
    host, port = reachable(listener)
    shown = f"[{host}]" if ":" in host else host
    return os.environ.get("BODEGA_URL", f"http://{shown}:{port}").rstrip("/")


def reachable(listener: socket.socket) -> tuple[str, int]:
    """An address of this machine that leads to the listener."""
    host, port = listener.getsockname()[:2]
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port  # noqa: S104 - compared, not bound
