"""What docs/installing.md and a new folder tell people to type can be typed."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from importlib import import_module

import pytest

from bodega.cli import VERBS
from tests.deploy.files import ROOT, SHOP, merchants

INSTALLING = (ROOT / "docs/installing.md").read_text()
TEXTS = {"installing.md": INSTALLING, "README.md of a folder": merchants("README.md")}
CALL = re.compile(r"(?:(?<=[\s`\"])|^)(?:\S*/)?(?:bodega|myshop) ([a-z][^`\"#|\n]*)", re.MULTILINE)


def calls(text: str) -> Iterator[list[str]]:
    """The words of each `bodega VERB …` (or `myshop VERB …`, the same on a server) in a text."""
    for line in CALL.findall(text):
        words = shlex.split(line)
        if words[0] in VERBS:
            yield words


@pytest.mark.parametrize("name", TEXTS)
def test_every_command_is_one_that_the_command_line_takes(name: str) -> None:
    found = list(calls(TEXTS[name]))
    assert len(found) >= 3
    for verb, *words in found:
        module = import_module(f"bodega.cli.{verb}")
        if hasattr(module, "parser"):
            module.parser().parse_args(words)


def test_every_verb_that_is_spoken_of_is_there() -> None:
    spoken = set(re.findall(r"^(?:bodega|myshop) ([a-z]+)", INSTALLING, re.MULTILINE))
    spoken |= set(re.findall(r"`(?:bodega|myshop) ([a-z]+)", INSTALLING))
    assert {"init", "up", "deploy", "status", "doctor", "backup", "audit"} & spoken >= {
        *("init", "doctor", "backup", "audit"),
    }
    assert spoken - set(VERBS) == set()


def test_a_wrong_option_is_found() -> None:
    module = import_module("bodega.cli.backup")
    ((_, *words),) = calls("myshop backup --reharse")
    with pytest.raises(SystemExit):
        module.parser().parse_args(words)


def blocks(text: str) -> list[str]:
    return re.findall(r"```sh\n(.*?)```", text, re.DOTALL)


def test_the_shell_can_read_every_block() -> None:
    assert len(blocks(INSTALLING)) >= 8
    for block in blocks(INSTALLING):
        typed = re.sub(r"<[^>]+>", "REPOSITORY", block)
        done = subprocess.run(
            ["bash", "-n"], input=typed, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, ""), block


def test_every_file_of_a_folder_that_is_named_is_written() -> None:
    named = set(re.findall(r"(?:^|[\s`/])((?:deploy|bin|templates|static)/[\w./-]+\w)", INSTALLING))
    known = {place.replace("prints", "myshop") for place in SHOP} | {"deploy/systemd/myshop"}
    bodegas = {"bin/bodega", "bin/conformance", "bin/myshop"}  # of others
    assert {"deploy/compose.yaml", "bin/update", "static/theme.css"} <= named
    assert {each for each in named if each not in known | bodegas} == set()
