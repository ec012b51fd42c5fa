import re
from fnmatch import fnmatch

import pytest

from bodega import __version__
from tests.deploy.dockerfiles import faults, read, stages
from tests.deploy.files import ROOT, merchants, ours

OURS = ours("Dockerfile")
MERCHANTS = merchants("deploy/Dockerfile")


def test_it_is_small_runs_as_nobody_and_is_process_1_itself() -> None:
    assert faults(OURS) == []
    assert {each.name: each.words for each in read(OURS)}["CMD"] == (
        '["bodega", "up", "--host", "0.0.0.0"]'
    )


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ("USER 10001:10001\n", "", "runs as root"),
        ("USER 10001:10001", "USER bodega", "without a number"),
        ("--require-hashes ", "", "no hash pins"),
        ('CMD ["bodega", "up", "--host", "0.0.0.0"]', "CMD bodega up", "CMD starts a shell"),
        ("3.11-slim-bookworm\nLABEL", "latest\nLABEL", "another image tomorrow"),
        ("\nFROM python:3.11-slim-bookworm\n", "\n", "one stage only"),
        ("HEALTHCHECK --interval=10s", "STOPSIGNAL", "nobody asks"),
    ],
)
def test_each_fault_is_found(old: str, new: str, fault: str) -> None:
    assert old in OURS
    assert any(fault in each for each in faults(OURS.replace(old, new)))


def test_an_instruction_that_docker_does_not_know_is_found() -> None:
    with pytest.raises(ValueError, match="COPPY"):
        read(OURS.replace("COPY src", "COPPY src"))


def test_all_that_it_copies_is_there_and_let_through() -> None:
    allowed = [
        line[1:] for line in ours("Dockerfile.dockerignore").splitlines() if line.startswith("!")
    ]
    copied = [
        name
        for each in read(OURS)
        if each.name == "COPY" and "--from" not in each.words
        for name in each.words.split()[:-1]
    ]
    assert {"requirements.lock", "src", "deploy"} <= set(copied)
    assert all((ROOT / name).exists() for name in copied)
    assert set(copied) == set(allowed)


def test_a_merchants_image_is_bodegas_with_what_is_theirs() -> None:
    instructions = read(MERCHANTS)
    assert instructions[0].words == f"BODEGA_IMAGE=bodega:{__version__}"
    (stage,) = stages(instructions)
    assert {each.name for each in stage} == {"FROM", "LABEL", "COPY"}
    assert 'service="prints"' in MERCHANTS, "Kamal asks for it"
    targets = [each.words.split()[1] for each in stage if each.name == "COPY"]
    assert targets == ["/shop/shop.env", "/shop/templates", "/shop/static"]


@pytest.mark.parametrize("secret", ["secrets.env", "storage/primary.sqlite3", ".git/config"])
def test_no_secret_and_no_volume_is_sent_to_the_builder(secret: str) -> None:
    lines = merchants("deploy/Dockerfile.dockerignore").splitlines()
    assert "*" in lines
    let_through = [line[1:] for line in lines if line.startswith("!")]
    assert let_through == ["shop.env", "templates", "static"]
    assert not any(fnmatch(secret, f"{name}*") for name in let_through)


def test_the_version_in_examples_is_this_one() -> None:
    for text in (OURS, MERCHANTS, ours("github-actions/deploy.yml")):
        assert set(re.findall(r"bodega:(\d[\w.]*)", text)) == {__version__}
