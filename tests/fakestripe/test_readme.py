"""The README is true: its tables are the tables of the code."""

import re
from pathlib import Path

import fakestripe
from fakestripe import API_VERSION
from fakestripe.__main__ import parse
from fakestripe.bank import Bank
from fakestripe.cards import ACCOUNTS, CARDS
from fakestripe.control import Control
from fakestripe.faults import KINDS

README = Path(fakestripe.__file__).with_name("README.md").read_text("utf-8")


def rows(heading: str) -> list[list[str]]:
    """The cells of the table rows under a heading, without the tables' heads."""
    text = README.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = re.findall(r"^\| (.+) \|$", text, re.MULTILINE)
    cells = [[cell.strip() for cell in line.split(" | ")] for line in lines]
    return [row for row in cells if "what happens" not in row[1:]]


def test_every_fault_stands_there_in_its_own_words() -> None:
    told = {row[0]: (row[1], row[2]) for row in rows("Faults")}
    assert told == {f"`{name}`": (f"{kind.scope}s", kind.help) for name, kind in KINDS.items()}


def test_every_test_number_stands_there() -> None:
    told = {row[0]: row[1] for row in rows("Test numbers")}
    assert {number: told.get(number) for number in CARDS} == {
        number: card.note for number, card in CARDS.items()
    }
    assert set(told) - set(CARDS) == set(ACCOUNTS)


def test_every_option_stands_there() -> None:
    told = {name for row in rows("Quick start") for name in re.findall(r"`--([a-z-]+)`", row[0])}
    assert told == {name.replace("_", "-") for name in vars(parse([]))}


def test_every_control_call_stands_there(bank: Bank) -> None:
    told = {row[0].strip("`") for row in rows("Control API")}
    routes = Control(bank).routes()
    real = {(m, r.path) for r in routes for m in r.methods or () if m != "HEAD"}
    assert {tuple(call.split(" ")) for call in told if call != "call"} == real


def test_the_version_stands_there() -> None:
    assert f"**{API_VERSION}**" in README
