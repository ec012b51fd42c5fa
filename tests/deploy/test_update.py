"""`bin/update` on a server: releases side by side, and nothing changes unless the new one is live."""

import os
import subprocess
from pathlib import Path

import pytest

from tests.deploy.files import merchants

SETUP = """#!/bin/sh
cd "$(dirname "$0")/.." && mkdir -p .venv/bin && cp answer .venv/bin/bodega && chmod +x .venv/bin/bodega
"""
ANSWER = '#!/bin/sh\necho "$BODEGA_VOLUME $*" >> "$SHOP_ROOT/asked"\nexit {code}\n'


def git(folder: Path, *words: str) -> str:
    who = ["-c", "user.name=Merchant", "-c", "user.email=merchant@prints.example"]
    done = subprocess.run(
        ["git", *who, *words], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


class Server:
    """A merchant's repository, and a server's clone of it."""

    def __init__(self, folder: Path) -> None:
        self.origin, self.root = folder / "origin", folder / "srv"
        (self.origin / "bin").mkdir(parents=True)
        git(self.origin, "init", "--quiet", "--initial-branch", "main")
        for name, text in (("update", merchants("bin/update")), ("setup", SETUP)):
            (self.origin / "bin" / name).write_text(text)
            (self.origin / "bin" / name).chmod(0o755)
        self.first = self.commit(code=4)  # nobody serves yet
        self.root.mkdir()
        git(folder, "clone", "--quiet", str(self.origin), str(self.root / "source"))

    def commit(self, code: int) -> str:
        """A release whose `bodega deploy` ends with `code`."""
        (self.origin / "answer").write_text(ANSWER.format(code=code) + f"# {os.urandom(4).hex()}\n")
        git(self.origin, "add", ".")
        git(self.origin, "commit", "--quiet", "--message", "A change")
        return git(self.origin, "rev-parse", "--short", "HEAD")

    def update(self, *words: str) -> int:
        environment = {**os.environ, "SHOP_ROOT": str(self.root), "BODEGA_VOLUME": "/the/volume"}
        command = [str(self.root / "source/bin/update"), *words]
        return subprocess.run(command, env=environment, capture_output=True, check=False).returncode

    @property
    def current(self) -> str:
        return (self.root / "current").resolve().name


@pytest.fixture
def server(tmp_path: Path) -> Server:
    made = Server(tmp_path)
    assert made.update() == 0
    assert made.current == made.first
    return made


def test_a_newer_commit_is_deployed_as_a_release_of_its_own(server: Server) -> None:
    newer = server.commit(code=0)
    assert server.update() == 0
    assert server.current == newer
    asked = (server.root / "asked").read_text().splitlines()[-1]
    assert asked == f"/the/volume deploy --release {server.root}/releases/{newer} --name {newer}"
    assert (server.root / "releases" / server.first / ".venv/bin/bodega").exists()


def test_a_release_that_is_not_live_does_not_become_current(server: Server) -> None:
    server.commit(code=1)
    assert server.update() == 1
    assert server.current == server.first


def test_an_older_commit_by_name_goes_back(server: Server) -> None:
    server.commit(code=0)
    server.update()
    assert server.update(server.first) == 0
    assert server.current == server.first


def test_a_commit_that_is_not_there_changes_nothing(server: Server) -> None:
    assert server.update("nosuchthing") != 0
    assert server.current == server.first
