import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bodega.cli import worker
from bodega.databases.exits import Exit


@pytest.fixture
def own_signals() -> Iterator[None]:
    kept = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}
    yield
    for number, handler in kept.items():
        signal.signal(number, handler)


def test_a_directory_that_is_no_volume_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BODEGA_VOLUME", str(tmp_path))
    assert worker.run([]) == Exit.NOT_THIS_VOLUME
    assert "is not a volume" in capsys.readouterr().err


@pytest.mark.parametrize("words", [["--threads", "0"], ["--threads", "x"], ["--grace"]])
def test_wrong_words_are_refused(words: list[str]) -> None:
    with pytest.raises(SystemExit) as refused:
        worker.run(words)
    assert refused.value.code == 2


@pytest.mark.process
def test_a_worker_never_migrates_but_says_who_does(volume: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bodega", "worker"],
        env={**os.environ, "BODEGA_VOLUME": str(volume)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 1
    assert "has no table jobs_job yet. Run: bodega manage migrate" in done.stderr


@pytest.mark.usefixtures("own_signals")
def test_only_the_same_signal_twice_cuts() -> None:
    stop, cut = worker._stop_in_two_steps()
    assert not stop.is_set()
    os.kill(os.getpid(), signal.SIGINT)
    assert stop.is_set()
    os.kill(os.getpid(), signal.SIGTERM)
    assert not cut.is_set()
    os.kill(os.getpid(), signal.SIGINT)
    assert cut.is_set()
