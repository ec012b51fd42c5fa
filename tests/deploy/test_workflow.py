"""The workflow against GitHub's reference (workflow syntax), and for what chapter 6 asks of it."""

import re
from typing import Any

import pytest
import yaml

from tests.deploy.files import merchants, ours
from tests.deploy.shapes import strange

TEXT = (str, int, bool)
ENV = {"*": TEXT}
CONCURRENCY = (str, {"group": str, "cancel-in-progress": (bool, str)})
STEP = {
    **dict.fromkeys(("id", "if", "name", "uses", "run", "shell", "working-directory"), str),
    "with": ENV,
    "env": ENV,
    "continue-on-error": (bool, str),
    "timeout-minutes": int,
}
JOB = {
    "name": str,
    "permissions": (str, ENV),
    "needs": (str, [str]),
    "if": str,
    "runs-on": (str, [str], dict),
    "environment": (str, dict),
    "concurrency": CONCURRENCY,
    "outputs": ENV,
    "env": ENV,
    "defaults": dict,
    "steps": [STEP],
    "timeout-minutes": int,
    "strategy": dict,
    "container": (str, dict),
    "services": dict,
    "uses": str,
    "with": ENV,
    "secrets": (str, ENV),
}
EVENTS = {
    "push": {"branches": [str], "tags": [str], "paths": [str]},
    "workflow_dispatch": (type(None), dict),
}
WORKFLOW = {
    "name": str,
    "run-name": str,
    "on": EVENTS,
    "permissions": (str, ENV),
    "env": ENV,
    "defaults": dict,
    "concurrency": CONCURRENCY,
    "jobs": {"*": JOB},
}


def read(text: str) -> Any:
    """The workflow; YAML 1.1 takes the key `on` for the word yes, GitHub does not."""
    found = yaml.safe_load(text)
    return {"on" if key is True else key: value for key, value in found.items()}


@pytest.fixture(params=["ours", "a merchant's"])
def text(request: pytest.FixtureRequest) -> str:
    if request.param == "ours":
        return ours("github-actions/deploy.yml")
    return merchants(".github/workflows/deploy.yml")


def test_github_knows_every_key(text: str) -> None:
    assert strange(read(text), WORKFLOW) == []


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("  cancel-in-progress: false", "  cancel: false", "concurrency.cancel is not known"),
        ("    runs-on:", "    run-on:", "jobs.test.run-on is not known"),
        ("working-directory: shop", "cwd: shop", "jobs.test.steps[3].cwd is not known"),
        ("    branches: [main]", "    branches: main", "on.push.branches must be a list"),
    ],
)
def test_a_wrong_key_is_found(old: str, new: str, sentence: str) -> None:
    source = ours("github-actions/deploy.yml")
    assert old in source
    assert sentence in strange(read(source.replace(old, new)), WORKFLOW)


def test_a_deploy_that_has_begun_is_never_cancelled(text: str) -> None:
    assert read(text)["concurrency"]["cancel-in-progress"] is False


def test_it_tests_then_builds_then_deploys(text: str) -> None:
    jobs = read(text)["jobs"]
    assert list(jobs) == ["test", "build", "deploy"]
    assert (jobs["build"]["needs"], jobs["deploy"]["needs"]) == ("test", "build")
    for job in jobs.values():
        assert all(("uses" in step) != ("run" in step) for step in job["steps"])
        assert job["timeout-minutes"] <= 20
    waits = [
        step["run"] for step in jobs["deploy"]["steps"] if "kamal deploy" in step.get("run", "")
    ]
    assert len(waits) == 1
    assert "--lock-wait" in waits[0]


def test_whatever_it_asks_of_the_repository_is_said_at_its_top(text: str) -> None:
    head = text.split("name: deploy")[0]
    asked = set(re.findall(r"\$\{\{ (?:secrets|vars)\.(\w+) \}\}", text))
    assert asked
    assert {name for name in asked if name not in head} == set()
