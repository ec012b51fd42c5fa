"""deploy.yml against the reference of Kamal 2.12 (`kamal docs`), which refuses unknown keys itself."""

import re
from typing import Any

import pytest
import yaml

from tests.deploy.files import DRAIN_SECONDS, LATE_SECONDS, merchants, ours
from tests.deploy.shapes import strange

ENV = {"clear": {"*": (str, int)}, "secret": [str], "tags": dict}
PROXY = {
    **dict.fromkeys(("host", "certificate_pem", "private_key_pem", "path_prefix"), str),
    **dict.fromkeys(("ssl", "ssl_redirect", "forward_headers"), bool),
    **dict.fromkeys(("app_port", "response_timeout"), int),
    "hosts": [str],
    "healthcheck": {"interval": int, "path": str, "timeout": int},
    "buffering": {
        **dict.fromkeys(("requests", "responses"), bool),
        **dict.fromkeys(("max_request_body", "max_response_body", "memory"), int),
    },
    "logging": {"request_headers": [str], "response_headers": [str]},
}
ROLE = {
    "hosts": [str],
    "cmd": str,
    "options": dict,
    "logging": dict,
    "proxy": (bool, PROXY),
    "labels": dict,
    "env": ENV,
    "asset_path": str,
    "stop_timeout": int,
}
KAMAL = {
    **dict.fromkeys(("service", "image", "asset_path", "hooks_path", "secrets_path"), str),
    **dict.fromkeys(("error_pages_path", "primary_role", "minimum_version", "run_directory"), str),
    **dict.fromkeys(("require_destination", "allow_empty_roles"), bool),
    **dict.fromkeys(("retain_containers", "readiness_delay", "deploy_timeout"), int),
    **dict.fromkeys(("drain_timeout", "stop_timeout"), int),
    **dict.fromkeys(("ssh", "sshkit", "boot", "logging", "accessories", "output", "labels"), dict),
    "servers": ([str], {"*": ([str], ROLE)}),
    "proxy": PROXY,
    "volumes": [str],
    "env": ENV,
    "registry": {"server": str, "username": (str, [str]), "password": (str, [str])},
    "builder": {
        **dict.fromkeys(("driver", "remote", "context", "dockerfile", "target", "ssh"), str),
        "arch": (str, [str]),
        "local": bool,
        "cache": dict,
        "args": {"*": str},
        "secrets": [str],
    },
    "aliases": {"*": str},
}


def read(text: str) -> Any:
    """The file as Kamal reads it, its Ruby answered: `<%= … %>` becomes a word."""
    return yaml.safe_load(re.sub(r"<%=.*?%>", "ruby", text))


@pytest.fixture(params=["ours", "a merchant's"])
def kamal(request: pytest.FixtureRequest) -> Any:
    place = "kamal/deploy.yml"
    return read(ours(place) if request.param == "ours" else merchants(f"deploy/{place}"))


def test_kamal_knows_every_key(kamal: Any) -> None:
    assert strange(kamal, KAMAL) == []


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("drain_timeout:", "drain_time:", "drain_time is not known"),
        ("  healthcheck:", "  health_check:", "proxy.health_check is not known"),
        ("    responses: false", "    response: false", "proxy.buffering.response is not known"),
        ("deploy_timeout: 120", "deploy_timeout: 2m", "deploy_timeout must be int"),
        ("      stop-timeout: 20", "    stop-timeout: 20", "servers.web.stop-timeout is not known"),
    ],
)
def test_a_wrong_key_is_found(old: str, new: str, sentence: str) -> None:
    text = ours("kamal/deploy.yml")
    assert old in text
    assert sentence in strange(read(text.replace(old, new)), KAMAL)


def test_the_container_ends_by_itself_before_docker_kills_it(kamal: Any) -> None:
    stop = kamal["servers"]["web"]["options"]["stop-timeout"]
    assert stop > DRAIN_SECONDS + LATE_SECONDS


def test_streams_are_passed_on_and_checkout_may_wait_for_stripe(kamal: Any) -> None:
    assert kamal["proxy"]["buffering"]["responses"] is False
    assert kamal["proxy"]["response_timeout"] > 30
    assert kamal["proxy"]["app_port"] == 8000
    assert kamal["proxy"]["healthcheck"]["path"] == "/ready"


def test_one_directory_is_mounted_and_nothing_into_it(kamal: Any) -> None:
    (volume,) = kamal["volumes"]
    assert volume.endswith(":/shop/storage")
    assert "asset_path" not in kamal


def test_every_secret_that_the_container_gets_is_named_where_kamal_looks(kamal: Any) -> None:
    named = set(re.findall(r"^(\w+)=", ours("kamal/secrets"), re.MULTILINE))
    assert {*kamal["env"]["secret"], *kamal["registry"]["password"]} == named
    values = re.findall(r"^\w+=(.*)$", ours("kamal/secrets"), re.MULTILINE)
    assert all(value.startswith("$") for value in values), "this file is in git"


def test_aliases_are_verbs_that_there_are(kamal: Any) -> None:
    from bodega.cli import VERBS

    verbs = {re.findall(r'"bodega (\w+)', alias)[0] for alias in kamal["aliases"].values()}
    assert verbs - {"status"} <= set(VERBS)
