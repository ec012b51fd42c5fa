"""Kamal's hooks as Kamal runs them, against a shop that is played by a few lines."""

import json
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from tests.deploy.files import SHOP

TOLD = {"volume": "aaaa", "generation": "0123456789", "release": "r1", "state": "live"}


class Played(BaseHTTPRequestHandler):
    """Answers /-/volume, and /ready with `ready`."""

    ready = 200

    def do_GET(self) -> None:
        status = self.ready if self.path == "/ready" else 200
        body = json.dumps(TOLD).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


class NotReady(Played):
    ready = 503


@pytest.fixture
def url(request: pytest.FixtureRequest) -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), getattr(request, "param", Played))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def hook(folder: Path, name: str, settings: str) -> "subprocess.CompletedProcess[str]":
    """Run a hook of a shop's folder whose shop.env says `settings`."""
    place = f"deploy/kamal/hooks/{name}"
    path = folder / place
    path.parent.mkdir(parents=True)
    path.write_text(SHOP[place].text)
    (folder / "shop.env").write_text(settings)
    return subprocess.run(
        [sys.executable, str(path)], capture_output=True, text=True, timeout=30, check=False
    )


def test_hooks_can_be_started() -> None:
    for name in ("pre-deploy", "post-deploy"):
        assert SHOP[f"deploy/kamal/hooks/{name}"].mode == 0o755


def test_a_deploy_to_the_volume_we_mean_goes_on(tmp_path: Path, url: str) -> None:
    done = hook(tmp_path, "pre-deploy", f"BODEGA_URL={url}/\nBODEGA_VOLUME_ID=aaaa\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert "release r1 answers on volume aaaa" in done.stdout


def test_a_deploy_to_another_volume_ends_before_it_begins(tmp_path: Path, url: str) -> None:
    done = hook(tmp_path, "pre-deploy", f"BODEGA_URL={url}\nBODEGA_VOLUME_ID='bbbb'\n")
    assert done.returncode == 1
    assert "shop.env wants volume bbbb" in done.stderr


def test_without_an_id_it_says_how_to_pin_it(tmp_path: Path, url: str) -> None:
    done = hook(tmp_path, "pre-deploy", f"BODEGA_URL={url}\n#BODEGA_VOLUME_ID=\n")
    assert done.returncode == 0
    assert "add to shop.env: BODEGA_VOLUME_ID=aaaa" in done.stdout


def test_the_first_deploy_finds_nobody_and_goes_on(tmp_path: Path) -> None:
    done = hook(tmp_path, "pre-deploy", "BODEGA_URL=http://127.0.0.1:9\n")
    assert done.returncode == 0
    assert "the first deploy" in done.stdout


def test_without_an_address_nothing_can_be_asked(tmp_path: Path) -> None:
    assert hook(tmp_path, "pre-deploy", "").returncode == 1


def test_after_a_deploy_it_says_who_is_live(tmp_path: Path, url: str) -> None:
    done = hook(tmp_path, "post-deploy", f"BODEGA_URL={url}\n")
    assert done.returncode == 0
    assert "release r1 is live as generation 01234567 on volume aaaa" in done.stdout


@pytest.mark.parametrize("url", [NotReady], indirect=True)
def test_a_deploy_that_is_not_ready_is_red(tmp_path: Path, url: str) -> None:
    done = hook(tmp_path, "post-deploy", f"BODEGA_URL={url}\n")
    assert done.returncode == 1
    assert "is not ready" in done.stderr
