"""`bodega up` as an operator meets it: real processes on a scratch volume."""

import http.client
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bodega.cli.worker import POLITENESS
from bodega.databases.exits import Exit
from bodega.ops.crew import Crew
from bodega.ops.listening import listen, public_address, reachable
from bodega.ops.terms import Terms
from tests.processes.family import family
from tests.waiting import until

pytestmark = pytest.mark.process

UP = [sys.executable, "-m", "bodega", "up", "--port"]


@dataclass
class Shop:
    """A running `bodega up` and what it said."""

    process: "subprocess.Popen[bytes]"
    log: Path

    @property
    def said(self) -> str:
        return self.log.read_text()

    @property
    def address(self) -> tuple[str, int]:
        found = re.search(r"open +http://([\d.]+):(\d+)/", self.said)
        assert found, self.said
        return found[1], int(found[2])

    def get(self, path: str) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(*self.address, timeout=20)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def processes(self) -> dict[str, int]:
        """Process ids below the supervisor, by verb."""
        return family(self.process.pid)


def environment(volume: Path) -> dict[str, str]:
    inherited = {k: v for k, v in os.environ.items() if not k.startswith(("BODEGA", "DJANGO"))}
    return {
        **inherited,
        "BODEGA_VOLUME": str(volume),
        "BODEGA_MODE": "demo",
        "BODEGA_FAKESTRIPE_URL": "http://127.0.0.1:9",
        "STRIPE_WEBHOOK_SECRET": "whsec_test",
    }


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("up")
    settings = environment(folder / "volume")
    init = [sys.executable, "-m", "bodega", "init", str(folder / "volume")]
    subprocess.run(init, env=settings, check=True, capture_output=True)
    log = folder / "log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*UP, "0"], env=settings, stdout=output, stderr=subprocess.STDOUT
        )
    made = Shop(process, log)
    try:
        until(lambda: " open " in made.said or process.poll() is not None, 60)
        assert process.poll() is None, made.said
        yield made
    finally:
        process.kill()
        process.wait(10)


def politeness(pid: int) -> int:
    return os.getpriority(os.PRIO_PROCESS, pid)


@pytest.mark.slow
def test_it_opens_serves_restarts_what_dies_and_closes(shop: Shop) -> None:
    assert re.findall(r"bodega up  (\w+)", shop.said) == [
        "volume",
        "joined",
        "tables",
        "files",
        "open",
    ]
    assert shop.get("/up")[0] == 200
    status, page = shop.get("/")
    assert status == 200
    stylesheet = re.search(rb'href="(/static/[^"]+\.[0-9a-f]{12}\.css)"', page)
    assert stylesheet
    assert shop.get(stylesheet[1].decode())[0] == 200

    before = shop.processes()
    assert set(before) == {"generation", "web", "worker"}
    for verb in ("worker", "web"):
        os.kill(before[verb], signal.SIGKILL)
        until(lambda verb=verb: shop.processes().get(verb) not in {None, before[verb]}, 20)  # type: ignore[misc]  # its own verb
        assert f"{verb} was ended by SIGKILL; starting it again" in shop.said
    assert shop.get("/up")[0] == 200, "who comes while the web process is exchanged just waits"

    living = shop.processes()
    until(lambda: politeness(living["worker"]) == politeness(living["web"]) + POLITENESS)
    shop.process.terminate()
    assert shop.process.wait(15) == 0
    assert shop.said.rstrip().endswith("bodega up  closed")
    assert "was killed" not in shop.said
    assert not any(Path(f"/proc/{pid}").exists() for pid in living.values())


def test_a_port_in_use_is_one_sentence_and_exit_1(volume: Path) -> None:
    with listen("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run(
            [*UP, port], env=environment(volume), capture_output=True, text=True, timeout=30
        )
    assert done.returncode == 1
    assert done.stderr == (
        f"bodega up: port {port} is in use by another program. "
        f"Choose another one: --port {int(port) + 1}\n"
    )


def test_a_directory_that_is_no_volume_is_never_made_one(tmp_path: Path) -> None:
    done = subprocess.run(
        [*UP, "0"], env=environment(tmp_path), capture_output=True, text=True, timeout=30
    )
    assert done.returncode == Exit.NOT_THIS_VOLUME
    assert "is not a volume" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_shop_that_cannot_serve_is_not_kept_half_open(volume: Path) -> None:
    init = [sys.executable, "-m", "bodega", "init", str(volume)]
    subprocess.run(init, env=environment(volume), check=True, capture_output=True)
    broken = {**environment(volume), "BODEGA_WEB_THREADS": "none"}
    done = subprocess.run([*UP, "0"], env=broken, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert "ValueError: invalid literal for int() with base 10: 'none'" in done.stderr
    assert "bodega up: it cannot work on this volume: ValueError: invalid literal" in done.stderr


def test_several_web_processes_share_the_socket() -> None:
    with listen("127.0.0.1", 0) as listener:
        crew = Crew(listener.fileno(), Terms(workers=2))
        assert [child.name for child in crew.children] == ["web 1", "web 2", "worker"]
        inherited = [child.inherited for child in crew.children]
        assert inherited == [(listener.fileno(),)] * 2 + [()]


def test_the_address_for_people(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("BODEGA_URL", raising=False)
    with listen("0.0.0.0", 0) as listener:
        host, port = reachable(listener)
        assert host == "127.0.0.1"
        assert public_address(listener) == f"http://127.0.0.1:{port}"
        monkeypatch.setenv("BODEGA_URL", "https://shop.example/")
        assert public_address(listener) == "https://shop.example"
