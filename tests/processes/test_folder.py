"""A folder made by `bodega init NAME` comes up, shows what is its own, and passes its own test."""

import os
import re
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

import pytest

import bodega
from bodega.ops.showcase import free_port
from tests.waiting import until

pytestmark = [pytest.mark.process, pytest.mark.slow]

BODEGA = [sys.executable, "-m", "bodega"]


def environment() -> dict[str, str]:
    """As a merchant's shell: nothing of Bodega in it, but where its code is."""
    own = {k: v for k, v in os.environ.items() if not k.startswith(("BODEGA", "DJANGO", "STRIPE"))}
    return {
        **own,
        "PYTHONPATH": str(Path(bodega.__file__).parents[1]),
        "BODEGA_PYTHON": sys.executable,
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    above = tmp_path_factory.mktemp("merchant")
    subprocess.run(
        [*BODEGA, "init", "prints"], cwd=above, env=environment(), check=True, capture_output=True
    )
    return above / "prints"


def test_it_comes_up_with_its_own_template_and_colour(folder: Path, tmp_path: Path) -> None:
    (folder / "templates/parts/footer.html").write_text("<footer>Hung in Lisbon</footer>\n")
    (folder / "static/theme.css").write_text(":root { --accent: #0b5fff; }\n")
    log, address = tmp_path / "log", f"http://127.0.0.1:{free_port()}"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*BODEGA, "up", "--port", address.rpartition(":")[2]],
            cwd=folder,
            env={**environment(), "BODEGA_URL": address},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        until(lambda: " open " in log.read_text() or process.poll() is not None, 90)
        assert process.poll() is None, log.read_text()
        page = urlopen(address, timeout=20).read().decode()
        assert "Hung in Lisbon" in page
        sheet = re.search(r'href="(/static/theme\.[0-9a-f]{12}\.css)"', page)
        assert sheet, "its name carries a hash, like all our styles"
        assert "--accent: #0b5fff" in urlopen(address + sheet[1], timeout=20).read().decode()
        assert (folder / "storage/primary.sqlite3").exists()
    finally:
        process.terminate()
        assert process.wait(30) == 0, log.read_text()


def its_test(folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(folder / "bin/test")], env=environment(), capture_output=True, text=True, check=False
    )


def test_it_passes_its_own_test(folder: Path) -> None:
    done = its_test(folder)
    assert done.returncode == 0, done.stderr
    assert "OK" in done.stderr


def test_its_own_test_finds_a_template_that_does_not_compile(folder: Path) -> None:
    broken = folder / "templates/broken.html"
    broken.write_text("{% iff %}")
    try:
        done = its_test(folder)
    finally:
        broken.unlink()
    assert done.returncode == 1
    assert "broken.html" in done.stderr


def test_the_command_in_a_folder_finds_its_volume(folder: Path) -> None:
    done = subprocess.run(
        [*BODEGA, "sql", "--json", "SELECT 1 AS one"],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert '"one": 1' in done.stdout or '"one":1' in done.stdout
