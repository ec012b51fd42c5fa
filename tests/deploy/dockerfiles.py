"""Dockerfiles: their instructions, and what in them is not as we want it.

The instructions are those of Docker's reference (Dockerfile format, 2025).
"""

import re
from typing import NamedTuple

KNOWN = """ADD ARG CMD COPY ENTRYPOINT ENV EXPOSE FROM HEALTHCHECK LABEL MAINTAINER ONBUILD RUN SHELL
    STOPSIGNAL USER VOLUME WORKDIR"""


class Instruction(NamedTuple):
    name: str
    words: str


def read(text: str) -> list[Instruction]:
    """The instructions, continued lines joined. Raises ValueError for one that Docker does not know."""
    joined = re.sub(r"\\\n", " ", re.sub(r"^\s*#.*\n", "", text, flags=re.MULTILINE))
    found = []
    for line in filter(None, map(str.strip, joined.splitlines())):
        name, _, words = line.partition(" ")
        if name not in KNOWN.split():
            raise ValueError(f"'{name}' is no instruction")
        if not words.strip():
            raise ValueError(f"{name} says nothing")
        found.append(Instruction(name, re.sub(r"\s+", " ", words.strip())))
    return found


def stages(instructions: list[Instruction]) -> list[list[Instruction]]:
    """The instructions of each stage; what stands before the first FROM is left out."""
    found: list[list[Instruction]] = []
    for each in instructions:
        if each.name == "FROM":
            found.append([])
        if found:
            found[-1].append(each)
    return found


def faults(text: str) -> list[str]:
    """What is wrong with an image that shall be small, belong to nobody in particular and run a shop."""
    found = stages(read(text))
    last = {each.name: each.words for each in found[-1]}
    wrong = []
    if len(found) < 2:
        wrong.append("its tools stay in it: one stage only")
    if not re.fullmatch(r"[1-9]\d+:[1-9]\d+", last.get("USER", "")):
        wrong.append("it runs as root, or as a user without a number")
    if "HEALTHCHECK" not in last:
        wrong.append("nobody asks whether it is well")
    wrong += [
        f"{name} starts a shell, which would be process 1"
        for name in ("CMD", "ENTRYPOINT")
        if name in last and not last[name].startswith("[")
    ]
    for each in (each for stage in found for each in stage):
        is_pinned = "--require-hashes" in each.words or "--no-deps" in each.words
        if each.name == "RUN" and "pip install" in each.words and not is_pinned:
            wrong.append("it installs what no hash pins")
        if each.name == "FROM" and re.search(r":latest\b|^[^:$]+$", each.words.split(" AS ")[0]):
            wrong.append(f"{each.words} is another image tomorrow")
    return wrong
