"""The deploy files through their tools' own linters: `bin/conformance deploy-files`.

The files are those of `deploy/` as `bodega init NAME` writes them. Each linter is given a planted fault,
too: of one that finds nothing there, silence would say nothing.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

from bodega.ops.founding import found
from tests.deploy.files import DEPLOY


class Look(NamedTuple):
    """A linter, its file, and a fault that it must find: a text and what stands in for it."""

    words: list[str]
    place: str
    old: str
    new: str


SCHEMA = ["check-jsonschema", "--builtin-schema"]
LOOKS = (
    Look(["hadolint"], "deploy/Dockerfile", "COPY shop.env", "COPPY shop.env"),
    Look(["hadolint"], "deploy/bodega.Dockerfile", "CMD [", "CMD bodega up\nCMD ["),
    Look([*SCHEMA, "vendor.compose-spec"], "deploy/compose.yaml", "stop_grace_", "stop_great_"),
    Look(
        [*SCHEMA, "vendor.github-workflows"],
        ".github/workflows/deploy.yml",
        "runs-on:",
        "runs-at:",
    ),
    Look(
        ["caddy", "validate", "--config"], "deploy/caddy/Caddyfile", "flush_interval", "flush_ever"
    ),
    Look(
        ["systemd-analyze", "verify", "--man=no"],
        "deploy/systemd/prints.service",
        "OOMPolicy",
        "OOMP",
    ),
)


def main() -> int:
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "prints"
        found(folder, "prints.example")
        (folder / "deploy/bodega.Dockerfile").write_text((DEPLOY / "Dockerfile").read_text())
        (folder / "deploy/systemd/bodega").write_text("#!/bin/sh\n")
        (folder / "deploy/systemd/bodega").chmod(0o755)
        wrong = [complaint for look in LOOKS for complaint in looked(folder, look)]
    print("\n".join(wrong) or f"all {len(LOOKS)} are content, and each found its planted fault")
    return 1 if wrong else 0


def looked(folder: Path, look: Look) -> list[str]:
    """What a linter says of a file; and a sentence when it does not find the planted fault."""
    path = folder / look.place
    text = path.read_text().replace("/srv/prints/current/.venv/bin", str(folder / "deploy/systemd"))
    path.write_text(text)
    said = complaints(look.words, path)
    wrong = [f"{look.place}: {said}"] if said else []
    assert look.old in text, look
    path.write_text(text.replace(look.old, look.new))
    if not complaints(look.words, path):
        wrong.append(f"{look.words[0]} does not find '{look.new}' in {look.place}")
    path.write_text(text)
    return wrong


def complaints(words: list[str], path: Path) -> str:
    """What a linter says; "" when it is content. systemd's is content with exit code 0 as well."""
    done = subprocess.run([*words, str(path)], capture_output=True, text=True, check=False)
    is_systemd = words[0] == "systemd-analyze"
    told = [line for line in done.stderr.splitlines() if path.stem in line] if is_systemd else []
    return "\n".join(told) if is_systemd else (done.stdout + done.stderr if done.returncode else "")


if __name__ == "__main__":
    sys.exit(main())
