import json
import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bodega.cli import main
from bodega.databases.opening import open_file

MOST_KIB = 15 * 1024


@pytest.fixture
def shop(volume: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("BODEGA_VOLUME", str(volume))
    for role in ("primary", "queue", "cache", "cable"):
        writer = open_file(role, volume)
        writer.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, name TEXT)")
        writer.execute(f"INSERT INTO t VALUES (1, 'Café {role}'), (2, NULL)")
        writer.close()
    return volume


def test_it_answers_as_a_table(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sql", "SELECT * FROM t"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        *("id  name", "──  ────────────", " 1  Café primary", " 2  NULL")
    ]


def test_it_answers_as_json_and_csv(shop: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["sql", "--json", "SELECT * FROM t"]) == 0
    assert json.loads(capsys.readouterr().out)[1] == {"id": 2, "name": None}
    assert main(["sql", "--csv", "SELECT * FROM t"]) == 0
    assert capsys.readouterr().out == "id,name\n1,Café primary\n2,\n"


def test_it_asks_another_file_and_attaches_more(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    question = "SELECT name FROM t WHERE id = 1 UNION ALL SELECT name FROM cable.t WHERE id = 1"
    assert main(["sql", "--csv", "--file", "queue", "--attach", "all", question]) == 0
    assert capsys.readouterr().out == "name\nCafé queue\nCafé cable\n"
    assert main(["sql", "--csv", "--file", str(shop / "cache.sqlite3"), "SELECT 1 AS a"]) == 0


def test_it_says_when_there_is_no_volume(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sql", "--volume", str(tmp_path / "gone"), "SELECT 1"]) == 1
    assert "is not a volume: it has no volume.json" in capsys.readouterr().err
    assert not (tmp_path / "gone").exists()


def test_wrong_words_are_code_2_and_wrong_sql_is_code_1(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["sql", "--frob"]) == 2
    assert "usage: bodega sql" in capsys.readouterr().err
    assert main(["sql", "SELECT * FROM nowhere"]) == 1
    assert capsys.readouterr().err.startswith("bodega sql: no such table: nowhere")
    assert main(["sql", "--help"]) == 0


def bodega(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "bodega", "sql", *words]
    return subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)


@pytest.mark.process
def test_it_reads_statements_from_a_pipe(shop: Path) -> None:
    done = bodega("--csv", stdin="SELECT 1 AS a;\nSELECT 2\nAS b; SELECT 3 AS c")
    assert (done.returncode, done.stdout) == (0, "a\n1\nb\n2\nc\n3\n")


@pytest.mark.process
def test_a_script_writes_only_when_it_says_so_beforehand(shop: Path) -> None:
    refused = bodega("--write", stdin="DELETE FROM t;")
    assert refused.returncode == 1
    assert "nobody is there to ask" in refused.stderr
    assert "2" in bodega("--csv", "SELECT count(*) FROM t").stdout
    done = bodega("--write", "--shop", "test", "--yes", stdin="DELETE FROM t WHERE id = 2;")
    assert done.returncode == 0, done.stderr
    assert "1 row changed" in done.stderr
    assert bodega("--csv", "SELECT id FROM t").stdout == "id\n1\n"


@pytest.mark.process
def test_somebody_who_has_seen_enough_is_no_error(shop: Path) -> None:
    many = (
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c LIMIT 200000) SELECT * FROM c"
    )
    command = f'{sys.executable} -m bodega sql --csv "{many}" | head -1; echo "${{PIPESTATUS[0]}}"'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True)
    assert done.stdout == "x\n0\n"
    assert done.stderr == ""


@pytest.mark.process
def test_it_needs_neither_django_nor_more_than_15_mb(shop: Path) -> None:
    code = (
        "import sys; from bodega.cli import main; main(['sql', 'SELECT * FROM t']); "
        "heavy = {'django', 'rich', 'argparse', 'dataclasses', 'pathlib', 'json'} & set(sys.modules); "
        "print(sorted(heavy)); print(open('/proc/self/status').read())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]" in done.stdout
    peak = next(line for line in done.stdout.splitlines() if line.startswith("VmHWM"))
    assert int(peak.split()[1]) <= MOST_KIB


class Terminal:
    """A `bodega sql` at a terminal of its own."""

    def __init__(self, *words: str) -> None:
        self.master, slave = pty.openpty()
        command = [sys.executable, "-m", "bodega", "sql", *words]
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            preexec_fn=_own_terminal, env={**os.environ, "TERM": "dumb"},
        )  # fmt: skip
        os.close(slave)
        self.seen = ""

    def wait_for(self, text: str) -> str:
        """What came up to `text`; it is forgotten."""
        deadline = time.monotonic() + 30
        while text not in self.seen:
            ready, _, _ = select.select([self.master], [], [], deadline - time.monotonic())
            assert ready, f"waited for {text!r}, saw {self.seen!r}"
            self.seen += os.read(self.master, 65536).decode()
        before, _, self.seen = self.seen.partition(text)
        return before

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def leave(self) -> int:
        self.type("\x04")
        code = self.process.wait(timeout=30)
        os.close(self.master)
        return code


def _own_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@pytest.mark.process
def test_at_a_terminal_it_talks_and_ctrl_c_stops_a_question(
    shop: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    terminal = Terminal()
    terminal.wait_for("primary> ")
    terminal.type("SELECT name FROM t;\n")
    assert "Café primary" in terminal.wait_for("2 rows")
    terminal.wait_for("primary> ")
    terminal.type(
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT sum(x) FROM c;\n"
    )
    terminal.wait_for("FROM c;")
    wait_until_busy(terminal.process.pid)
    terminal.type("\x03")
    terminal.wait_for("stopped, as you asked")
    terminal.wait_for("primary> ")
    assert terminal.leave() == 0
    assert "SELECT name" in (tmp_path / "state/bodega/sql_history").read_text().replace(
        "\\040", " "
    )


def wait_until_busy(pid: int) -> None:
    """Until the process has burnt a twentieth of a second of the processor."""
    ticks = 0.05 * os.sysconf("SC_CLK_TCK")

    def used() -> int:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11])

    start, deadline = used(), time.monotonic() + 30
    while used() < start + ticks:
        assert time.monotonic() < deadline


@pytest.mark.process
def test_at_a_terminal_a_change_is_asked_for_twice(shop: Path) -> None:
    terminal = Terminal("--write", "--no-history")
    terminal.wait_for("The name of its shop")
    terminal.type("test\n")
    terminal.wait_for("primary> ")
    terminal.type("DELETE FROM t WHERE id = 1;\n")
    terminal.wait_for("Commit this? Type yes: ")
    assert "1\n" in bodega("--csv", "SELECT count(*) FROM t WHERE id = 1").stdout
    terminal.type("yes\n")
    terminal.wait_for("Committed by")
    terminal.wait_for("primary> ")
    assert terminal.leave() == 0
    assert bodega("--csv", "SELECT id FROM t").stdout == "id\n2\n"
