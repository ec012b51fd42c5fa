"""The demo shop as one command (`bin/demo`): volume, data, fakestripe, shop; Ctrl-C stops it all.

This process imports no Django: it starts `fakestripe` and `bodega up`, waits until both answer, says
where everything is, and stops them in reverse order.
"""

import argparse
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from bodega.databases.volume import VolumeError, create_volume
from bodega.ops import smoke

HOST = "127.0.0.1"
STAFF = ("demo@bodega.example", "bodega-demo")
PATIENCE = 60.0  # seconds until a child must answer
LOADED = "demo.loaded"


class CannotStart(RuntimeError):
    """The demo cannot start; the message is the one sentence a person needs."""


def main() -> int:
    """Run the demo, or with --smoke one purchase in a scratch shop."""
    options = parser().parse_args()
    signal.signal(signal.SIGTERM, interrupt)
    try:
        return run_smoke() if options.smoke else run(options)
    except (CannotStart, VolumeError) as error:
        print(f"bin/demo: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0


def run(options: argparse.Namespace) -> int:
    """Start the demo shop and stay until Ctrl-C."""
    data = Path(options.data).absolute()
    if options.reset:
        forget(data)
    with serving(data, options.port) as shop:
        print(banner(shop, data), flush=True)
        code: int = shop.process.wait()
        print(f"bin/demo: the shop stopped by itself (exit code {code}).", file=sys.stderr)
        return 1


def run_smoke() -> int:
    """Buy one print in a scratch shop; 0 and a line with the order's number, or 1 and the step."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bodega-smoke-") as scratch:
        with serving(Path(scratch) / "shop", free_port()) as shop:
            try:
                number = smoke.buy_one_print(shop.url)
            except smoke.Failed as failure:
                print(f"smoke: failed at {failure}", file=sys.stderr)
                return 1
        print(f"smoke: paid order {number} in {time.monotonic() - began:.1f} s")
    return 0


class Shop:
    """A demo shop that answers."""

    def __init__(self, url: str, process: "subprocess.Popen[bytes]", bank: str) -> None:
        self.url, self.process, self.bank = url, process, bank


@contextmanager
def serving(data: Path, port: int) -> Iterator[Shop]:
    """A running demo shop with its bank; both are stopped at the end, the shop first."""
    refuse_taken(port)
    create_volume(data, shop="Bodega Prints")
    bank_port, secret = free_port(), f"whsec_{secrets.token_hex(16)}"
    url, bank_url = f"http://{HOST}:{port}", f"http://{HOST}:{bank_port}"
    environment = {
        **os.environ,
        "BODEGA_MODE": "demo",
        "BODEGA_VOLUME": str(data),
        "BODEGA_URL": url,
        "BODEGA_FAKESTRIPE_URL": bank_url,
        "STRIPE_WEBHOOK_SECRET": secret,
    }
    load_data(data, environment)
    bank_words = [
        "--port",
        str(bank_port),
        "--secret",
        secret,
        "--data",
        str(data / "bank.sqlite3"),
    ]
    bank_words += ["--webhook", f"{url}/payments/webhook/"]
    with child(["fakestripe", *bank_words], environment) as bank:
        until_answers(bank, f"{bank_url}/_fake/state", "fakestripe")
        with child(["bodega", "up", "--host", HOST, "--port", str(port)], environment) as process:
            until_answers(process, f"{url}/up", "the shop")
            yield Shop(url, process, bank_url)


def load_data(data: Path, environment: dict[str, str]) -> None:
    """Tables and demo data, once per volume."""
    if (data / LOADED).exists():
        return
    print("bin/demo: filling the shop (once)…", file=sys.stderr, flush=True)
    for words in (["init", str(data), "--shop", "Bodega Prints"], ["demo"]):
        command = [sys.executable, "-m", "bodega", *words]
        if subprocess.run(
            command, env=environment, stdout=subprocess.DEVNULL, check=False
        ).returncode:
            raise CannotStart(f"'bodega {words[0]}' failed; what it said is above.")
    (data / LOADED).touch()


@contextmanager
def child(words: list[str], environment: dict[str, str]) -> Iterator["subprocess.Popen[bytes]"]:
    """A child in a session of its own: Ctrl-C reaches only us, and we stop it in order."""
    command = [sys.executable, "-m", *words]
    process = subprocess.Popen(command, env=environment, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def until_answers(process: "subprocess.Popen[bytes]", url: str, what: str) -> None:
    """Wait until the child answers 200. Raises CannotStart when it dies or takes too long."""

    def answers() -> bool:
        if process.poll() is not None:
            raise CannotStart(f"{what} did not start (exit code {process.returncode}); see above.")
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - our own http address
                return bool(answer.status == 200)
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    if not wait_until(answers, PATIENCE):
        raise CannotStart(f"{what} did not answer at {url} within {PATIENCE:.0f} s.")


def wait_until(condition: Callable[[], bool], seconds: float) -> bool:
    """Look every 50 ms until the condition holds; False when the time is over."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


def refuse_taken(port: int) -> None:
    """Raises CannotStart when somebody else listens on the port."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OverflowError:
            raise CannotStart(f"{port} is not a port number (1 to 65535).") from None
        except PermissionError:
            raise CannotStart(
                f"port {port} needs root. Choose one above 1023: --port 8000"
            ) from None
        except OSError:
            raise CannotStart(
                f"port {port} is in use by another program. Choose another one: --port {port + 1}"
            ) from None


def free_port() -> int:
    """A port nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def forget(data: Path) -> None:
    """Remove a demo volume. Raises CannotStart for a directory that is not one."""
    if not data.exists():
        return
    if not (data / LOADED).exists():
        raise CannotStart(f"{data} was not made by bin/demo, so --reset does not touch it.")
    shutil.rmtree(data)


def banner(shop: Shop, data: Path) -> str:
    """What somebody who just started the demo wants to know."""
    return f"""
  Bodega Prints is open.

    shop         {shop.url}/
    back office  {shop.url}/backoffice/   {STAFF[0]} / {STAFF[1]}
    bank         {shop.bank}/   (fakestripe; card 4242 4242 4242 4242, any date, any code)
    files        {data}
    mails        {data / "mail"}

  Ctrl-C closes it.
"""


def interrupt(_signal: int, _frame: object) -> None:
    """SIGTERM ends the demo as Ctrl-C does."""
    raise KeyboardInterrupt


def parser() -> argparse.ArgumentParser:
    """The options of bin/demo."""
    words = argparse.ArgumentParser(
        prog="bin/demo", description="Bodega's demo shop on this machine."
    )
    words.add_argument("--port", type=int, default=8000, help="default 8000")
    words.add_argument("--data", default="storage/demo", help="the volume (default storage/demo)")
    words.add_argument("--reset", action="store_true", help="forget what was there and begin anew")
    words.add_argument(
        "--smoke", action="store_true", help="buy one print in a scratch shop, then exit"
    )
    return words


if __name__ == "__main__":
    sys.exit(main())
