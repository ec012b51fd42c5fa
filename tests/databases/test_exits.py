"""Every exit code is documented, once, with its name."""

import re
from pathlib import Path

from bodega.databases.exits import Exit

DOCS = Path(__file__).parents[2] / "docs"
ROW = re.compile(r"^\| (\d+) \| `(\w+)` \| .+ \| .+ \|$", re.MULTILINE)


def test_every_exit_code_is_documented() -> None:
    table = ROW.findall((DOCS / "running.md").read_text())
    assert [(int(code), name) for code, name in table] == [(int(each), each.name) for each in Exit]


def test_there_is_one_table() -> None:
    with_one = {path.name for path in DOCS.rglob("*.md") if ROW.search(path.read_text())}
    assert with_one == {"running.md"}
    assert "(running.md#exit-codes)" in (DOCS / "durability.md").read_text()
    assert "## Exit codes\n" in (DOCS / "running.md").read_text()
