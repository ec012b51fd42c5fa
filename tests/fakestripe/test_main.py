import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from fakestripe.__main__ import main, parse
from fakestripe.testing import serve
from tests.fakestripe.receiver import receiving


def run(*options: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-m", "fakestripe", *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def test_a_port_in_use_is_one_clear_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("--port", str(port))
    assert done.returncode == 1
    assert done.stderr.startswith(f"fakestripe cannot listen on 127.0.0.1:{port}")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.com"])
def test_only_this_machine_may_reach_it(host: str) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["--host", host, "--port", "0"])
    assert "only listens on this machine" in str(caught.value)
    assert "invent payments" in str(caught.value)


def test_a_webhook_needs_its_secret(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--webhook", "http://127.0.0.1:1"])
    assert "go together" in capsys.readouterr().err
    assert parse(["--webhook", "http://127.0.0.1:1", "--secret", "whsec_x"]).secret == "whsec_x"


@pytest.mark.parametrize("port", ["-1", "65536", "http"])
def test_a_port_is_a_port(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(["--port", port])
    assert "--port" in capsys.readouterr().err


@pytest.mark.process
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly(number: signal.Signals) -> None:
    with serve() as handle:
        assert httpx.get(handle.base_url).status_code == 200
        handle.process.send_signal(number)
        assert handle.process.wait(10) == 0
        with pytest.raises(httpx.ConnectError):
            httpx.get(handle.base_url)


@pytest.mark.process
def test_the_state_in_a_file_survives_a_restart(tmp_path: Path) -> None:
    options = ("--data", str(tmp_path / "bank.sqlite3"), "--debit-delay", "3600")
    form = {
        "success_url": "https://shop.test/",
        "line_items[0][price_data][currency]": "eur",
        "line_items[0][price_data][unit_amount]": "500",
        "line_items[0][price_data][product_data][name]": "Tide",
    }
    with serve(*options) as handle:
        answer = httpx.post(
            f"{handle.base_url}/v1/checkout/sessions", data=form, auth=("sk_test_x", "")
        )
        session_id = answer.json()["id"]
        handle.pay(session_id, account="DE89370400440532013000")
    with serve(*options) as handle:
        assert handle.state()["objects"]["checkout.session"] == 1
        assert handle.ledger() == []
        handle.advance(3601)
        assert [entry["session"] for entry in handle.ledger()] == [session_id]


@pytest.mark.process
def test_a_webhook_that_was_still_to_come_comes_after_a_restart(tmp_path: Path) -> None:
    with receiving() as receiver:
        data = str(tmp_path / "bank.sqlite3")
        options = ["--data", data, "--webhook", receiver.url, "--secret", "whsec_x"]
        options += ["--retries", "3600"]
        receiver.answers[:] = [503]
        with serve(*options) as handle:
            httpx.post(f"{handle.base_url}/v1/customers", auth=("sk_test_x", ""))
            handle.wait(lambda state: [one["attempts"] for one in state["waiting"]] == [1])
        with serve(*options) as handle:
            assert len(handle.state()["waiting"]) == 1
            handle.advance(3600)
            first, second = receiver.wait_for("customer.created", 2)
            assert first.event["id"] == second.event["id"]
            assert handle.wait_delivered()["deliveries"] == {"succeeded": 1}
