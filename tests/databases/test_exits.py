"""Every exit code is documented, once, with its name."""

import re
from pathlib import Path

from bodega.databases.exits import Exit

DOCUMENT = (Path(__file__).parents[2] / "docs" / "durability.md").read_text()


def test_every_exit_code_is_documented() -> None:
    table = re.findall(r"^\| (\d+) \| `(\w+)` \| .+ \| .+ \|$", DOCUMENT, re.MULTILINE)
    assert {(int(code), name) for code, name in table} == {(int(each), each.name) for each in Exit}
