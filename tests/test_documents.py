"""Documents are tested: what they name exists, and what exists is named."""

import re
import tomllib
from importlib.util import find_spec
from pathlib import Path

from bodega.cli import VERBS, usage

ROOT = Path(__file__).parent.parent
SOURCES = "\n".join(p.read_text() for p in (ROOT / "src" / "bodega").rglob("*.py"))


def test_every_variable_of_the_environment_is_documented() -> None:
    named = set(
        re.findall(r"environ(?:\.get|\.setdefault)?[\[(]\s*\"((?:BODEGA|STRIPE)_\w+)\"", SOURCES)
    )
    named |= set(re.findall(r"flag\(\"(\w+)\"\)", SOURCES))
    documented = (ROOT / "docs" / "running.md").read_text()
    documented += "".join(f"`BODEGA_SMTP_{each}`" for each in ("PORT", "USER", "PASSWORD"))
    assert {name for name in named if f"`{name}`" not in documented} == set()
    assert "BODEGA_VOLUME" in named


def test_every_dependency_has_a_reason() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    wanted += [
        each for extra in project["project"]["optional-dependencies"].values() for each in extra
    ]
    reasons = (ROOT / "docs" / "decisions" / "dependencies.md").read_text()
    names = {re.split(r"[\[<>=]", each)[0] for each in wanted}
    assert {name for name in names if name not in reasons} == set()


def test_every_verb_has_a_module_and_a_line_of_help() -> None:
    for verb in VERBS:
        assert find_spec(f"bodega.cli.{verb}"), verb
        assert verb in usage()


def test_every_link_between_documents_leads_somewhere() -> None:
    pages = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.md")]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#]+)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_locks_have_hashes_and_no_addresses() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        assert "://" not in text
        assert "index-url" not in text
        packages = re.findall(r"^[a-z0-9][\w.\-\[\]]*==", text, re.MULTILINE)
        assert len(packages) > 20
        assert text.count("--hash=sha256:") >= len(packages)


def test_every_bench_has_a_line_in_their_readme() -> None:
    readme = (ROOT / "bench" / "README.md").read_text()
    commands = {
        f"python bench/{path.name}"
        for path in (ROOT / "bench").glob("*.py")
        if f"`python bench/{path.name}" in path.read_text()
    }
    assert {command for command in commands if f"`{command}`" not in readme} == set()
    assert "python bench/commits.py" in commands
