"""A scratch shop with the demo's products, and servers on it, for measuring."""

import http.client
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from bodega.ops.listening import listen

HERE = Path(__file__).parent


@dataclass
class Shop:
    """A volume with demo data, and the environment of processes that serve it."""

    volume: Path
    environment: dict[str, str]


@contextmanager
def demo_shop() -> Iterator[Shop]:
    """A shop with the demo's data in a temporary directory; gone afterwards."""
    with empty_shop() as made:
        for words in (["demo"], ["manage", "collectstatic", "--noinput"]):
            bodega(words, made.environment)
        yield made


@contextmanager
def empty_shop() -> Iterator[Shop]:
    """A shop with nothing in it but its tables."""
    with tempfile.TemporaryDirectory(prefix="bodega-bench-") as scratch:
        volume = Path(scratch) / "shop"
        environment = {
            **os.environ,
            "BODEGA_MODE": "demo",
            "BODEGA_VOLUME": str(volume),
            "BODEGA_FAKESTRIPE_URL": "http://127.0.0.1:9",
            "STRIPE_WEBHOOK_SECRET": "whsec_bench",
            "BODEGA_LOG_LEVEL": "ERROR",
            "MALLOC_ARENA_MAX": "2",
        }
        bodega(["init", str(volume)], environment)
        yield Shop(volume, environment)


def bodega(words: list[str], environment: dict[str, str]) -> None:
    """Run a verb of `bodega` to its end."""
    command = [sys.executable, "-m", "bodega", *words]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)


@dataclass
class Server:
    """A serving process."""

    address: tuple[str, int]
    pid: int


@contextmanager
def serving(command: list[str], environment: dict[str, str]) -> Iterator[Server]:
    """A process that serves on a free port, handed to it as the last words `--fd N`."""
    with ExitStack() as stack:
        listener = stack.enter_context(listen("127.0.0.1", 0))
        words = [sys.executable, *command, "--fd", str(listener.fileno())]
        process = subprocess.Popen(words, env=environment, pass_fds=[listener.fileno()])
        stack.callback(stop, process)
        address = listener.getsockname()
        wait_for(process, address)
        yield Server(address, process.pid)


@contextmanager
def up(
    made: Shop, *words: str, port: int | None = None
) -> Iterator[tuple["subprocess.Popen[bytes]", tuple[str, int]]]:
    """`bodega up` on the shop, open; the supervisor's process and where it listens."""
    with ExitStack() as stack:
        address = ("127.0.0.1", port or free_port())
        command = [sys.executable, "-m", "bodega", "up", "--port", str(address[1]), *words]
        process = subprocess.Popen(command, env=made.environment, stdout=subprocess.DEVNULL)
        stack.callback(stop, process)
        wait_for(process, address)
        yield process, address


def free_port() -> int:
    """A port nobody listens on."""
    with listen("127.0.0.1", 0) as listener:
        port: int = listener.getsockname()[1]
        return port


def children(parent: int) -> dict[str, int]:
    """The process ids of what descends from a supervisor, by their verb."""
    found = {}
    for stat in sorted(Path("/proc").glob("[0-9]*/stat")):
        try:
            is_child = int(stat.read_text().rsplit(")", 1)[1].split()[1]) == parent
            words = (stat.parent / "cmdline").read_bytes().split(b"\0")
        except OSError:  # it ended while we looked
            continue
        if is_child and b"bodega" in words:
            pid = int(stat.parent.name)
            found |= {words[words.index(b"bodega") + 1].decode(): pid, **children(pid)}
    return found


def answers(host: str, port: int) -> bool:
    """Whether `/up` says 200."""
    connection = http.client.HTTPConnection(host, port, timeout=1)
    try:
        connection.request("GET", "/up")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def wait_for(process: "subprocess.Popen[bytes]", address: tuple[str, int]) -> None:
    """Until `/up` says 200."""
    deadline = time.monotonic() + 90
    while not answers(*address):
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit("the server did not start; what it said is above")
        time.sleep(0.05)


def stop(process: "subprocess.Popen[bytes]") -> None:
    """SIGTERM, and wait."""
    process.terminate()
    process.wait(30)


def products(volume: Path) -> list[str]:
    """The addresses of all products on sale."""
    return _column(
        volume, "SELECT '/p/' || slug || '/' FROM catalog_product WHERE status = 'active'"
    )


def listings(volume: Path) -> list[str]:
    """The addresses of all categories that have products."""
    return _column(
        volume,
        "SELECT DISTINCT '/c/' || c.slug || '/' FROM catalog_category c"
        " JOIN catalog_product p ON p.category_id = c.id",
    )


def _column(volume: Path, statement: str) -> list[str]:
    from bodega.databases.opening import open_file

    connection = open_file("primary", volume)
    try:
        return [value for (value,) in connection.execute(statement)]
    finally:
        connection.close()
