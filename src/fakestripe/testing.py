"""Runs fakestripe for a test: in its own process, on a free port, stopped at the end."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from fakestripe import Json

PATIENCE = 20.0
POLL = 0.01


@dataclass(frozen=True)
class Handle:
    """A running fakestripe: its address, its process, and its control API as methods.

    A refusal of the control API raises ValueError with its message.
    """

    base_url: str
    process: "subprocess.Popen[str]"

    def state(self) -> Json:
        return self.call("GET", "/_fake/state")

    def ledger(self) -> list[Json]:
        """Every successful charge, oldest first, with its metadata."""
        entries: list[Json] = self.state()["ledger"]
        return entries

    def pay(self, session_id: str, **purse: str) -> Json:
        """Pays as a buyer would: `card`, or `account` for a debit; `email`, `three_d_secure`."""
        return self.call("POST", f"/_fake/pay/{session_id}", purse)

    def fault(self, kind: str, match: str = "*", count: int = 1, **options: int | str) -> Json:
        """Throws a switch of the table in `fakestripe.faults`."""
        return self.call(
            "POST", "/_fake/faults", {"kind": kind, "match": match, "count": count, **options}
        )

    def clear_faults(self) -> None:
        self.call("DELETE", "/_fake/faults")

    def wait(self, condition: Callable[[Json], bool]) -> Json:
        """The state, once it fulfils the condition; TimeoutError if it does not for long."""
        deadline = time.monotonic() + PATIENCE
        while not condition(state := self.state()):
            if time.monotonic() > deadline:
                raise TimeoutError(f"fakestripe's state did not come about: {state}")
            time.sleep(POLL)
        return state

    def wait_delivered(self) -> Json:
        """The state, once no webhook is waiting to be delivered."""
        return self.wait(lambda state: not state["waiting"])

    def dispute(self, charge_id: str, reason: str = "fraudulent") -> Json:
        """A buyer disputes a charge at their bank; `inquiry` is a reason too."""
        return self.call("POST", f"/_fake/dispute/{charge_id}", {"reason": reason})

    def advance(self, seconds: int) -> Json:
        """Moves the bank's time forward and lets happen what falls due."""
        return self.call("POST", "/_fake/clock", {"advance": seconds})

    def reset(self) -> None:
        self.call("POST", "/_fake/reset")

    def call(self, method: str, path: str, body: Json | None = None) -> Json:
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = Request(self.base_url + path, data, headers, method=method)  # noqa: S310 - http://127.0.0.1
        try:
            with urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310 - as above
                found: Any = json.loads(answer.read())
        except HTTPError as refusal:
            with refusal:
                raise ValueError(json.loads(refusal.read())["error"]["message"]) from refusal
        assert isinstance(found, dict)
        return found


@contextmanager
def serve(*options: str) -> Iterator[Handle]:
    """A fakestripe started with the given command-line options, on a free port by default."""
    command = [sys.executable, "-m", "fakestripe", "--port", "0", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        words = process.stdout.readline().split()
        address = next((word for word in words if word.startswith("http")), None)
        if address is None:
            raise RuntimeError(f"fakestripe did not start: {' '.join(command)}")
        yield Handle(address, process)
    finally:
        stop(process)


def stop(process: "subprocess.Popen[str]") -> None:
    """Asks it to end and waits; one that does not listen is killed."""
    process.terminate()
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
