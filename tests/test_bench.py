"""`bin/bench`: lists the benches, runs one."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BENCH = '"""How fast is a cat? `python bench/cat.py [--lives N]`\n\nVery.\n"""\n'


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout whose environment only tells what it is asked to do."""
    for folder in ("bin", "bench", ".venv/bin"):
        (tmp_path / folder).mkdir(parents=True)
    shutil.copy(ROOT / "bin" / "bench", tmp_path / "bin" / "bench")
    for name in ("bin/setup", ".venv/bin/python"):
        (tmp_path / name).write_text(f'#!/bin/sh\necho {name} "$@"\n')
        (tmp_path / name).chmod(0o755)
    (tmp_path / "bench" / "cat.py").write_text(BENCH)
    (tmp_path / "bench" / "purr.py").write_text('"""What cats do; no bench."""\n')
    return tmp_path


def run(tree: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    command = [str(tree / "bin" / "bench"), *words]
    return subprocess.run(command, cwd="/", capture_output=True, text=True, check=False)


@pytest.mark.parametrize("words", [[], ["--help"]])
def test_without_a_name_it_lists_and_sets_nothing_up(tree: Path, words: list[str]) -> None:
    done = run(tree, *words)
    assert done.returncode == 0
    assert done.stdout.splitlines()[1:] == ["", "  cat          How fast is a cat?"]


def test_a_bench_runs_with_its_options_after_the_environment_was_made(tree: Path) -> None:
    done = run(tree, "cat", "--lives", "9 or 7")
    assert done.stdout.splitlines() == [
        "bin/setup --dev",
        ".venv/bin/python bench/cat.py --lives 9 or 7",
    ]


@pytest.mark.parametrize("name", ["dog", "purr", "../bench/cat", "cat.py"])
def test_what_is_no_bench_is_refused_with_the_list(tree: Path, name: str) -> None:
    done = run(tree, name)
    assert done.returncode == 2
    assert f"there is no bench '{name}'" in done.stderr
    assert "How fast is a cat?" in done.stderr
    assert done.stdout == ""


def test_every_bench_of_the_project_is_listed() -> None:
    listed = {line.split()[0] for line in run(ROOT).stdout.splitlines() if line.startswith("  ")}
    readme = (ROOT / "bench" / "README.md").read_text()
    assert listed >= set(re.findall(r"^\| `python bench/(\w+)\.py`", readme, re.MULTILINE))
    assert all((ROOT / "bench" / f"{name}.py").exists() for name in listed)
    assert {"commits", "engine", "memory"} <= listed
