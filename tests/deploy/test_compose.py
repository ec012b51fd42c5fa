"""compose.yaml against the Compose Specification's reference (services, networks, volumes; 2025)."""

from typing import Any

import pytest
import yaml

from tests.deploy.files import DRAIN_SECONDS, LATE_SECONDS, merchants, ours
from tests.deploy.shapes import strange

NAMES = (dict, [str])
SERVICE = {
    **dict.fromkeys(
        ("image", "restart", "stop_grace_period", "stop_signal", "user", "working_dir"), str
    ),
    **dict.fromkeys(("container_name", "hostname", "mem_limit", "pull_policy"), str),
    **dict.fromkeys(("read_only", "init", "privileged", "tty"), bool),
    **{key: [str] for key in ("cap_drop", "cap_add", "security_opt", "expose", "profiles")},
    "build": (
        str,
        {"context": str, "dockerfile": str, "args": NAMES, "target": str, "labels": NAMES},
    ),
    "command": (str, [str]),
    "entrypoint": (str, [str]),
    "depends_on": (
        [str],
        {
            "*": {
                "condition": {
                    "service_started",
                    "service_healthy",
                    "service_completed_successfully",
                }
            }
        },
    ),
    "env_file": (str, [(str, {"path": str, "required": bool, "format": str})]),
    "environment": ({"*": (str, int)}, [str]),
    "healthcheck": dict,
    "labels": NAMES,
    "networks": ([str], dict),
    "ports": [(str, int, dict)],
    "tmpfs": (str, [str]),
    "volumes": [(str, dict)],
}
COMPOSE = {
    "name": str,
    "services": {"*": SERVICE},
    "networks": {"*": {"driver": str, "external": bool, "ipam": {"config": [{"subnet": str}]}}},
    "volumes": {"*": (type(None), dict)},
    "secrets": dict,
    "configs": dict,
}


def read(text: str) -> Any:
    return yaml.safe_load(text)


@pytest.fixture(params=["ours", "a merchant's"])
def compose(request: pytest.FixtureRequest) -> Any:
    return read(
        ours("compose.yaml") if request.param == "ours" else merchants("deploy/compose.yaml")
    )


def test_compose_knows_every_key(compose: Any) -> None:
    assert strange(compose, COMPOSE) == []


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("stop_grace_period", "stop_grace", "services.shop.stop_grace is not known"),
        ("service_healthy", "healthy", "services.caddy.depends_on.shop.condition must be one of"),
        ("  certificates:\n", "  - certificates\n", "volumes must be a mapping"),
        ("read_only: true", "read_only: 'yes'", "services.shop.read_only must be bool"),
    ],
)
def test_a_wrong_key_is_found(old: str, new: str, sentence: str) -> None:
    text = ours("compose.yaml")
    assert old in text
    assert any(each.startswith(sentence) for each in strange(read(text.replace(old, new)), COMPOSE))


def test_the_volume_is_one_directory_on_this_machine(compose: Any) -> None:
    assert compose["services"]["shop"]["volumes"] == ["../storage:/shop/storage"]


def test_the_shop_has_time_to_drain_and_nobody_reaches_it_but_caddy(compose: Any) -> None:
    shop = compose["services"]["shop"]
    assert int(shop["stop_grace_period"].rstrip("s")) > DRAIN_SECONDS + LATE_SECONDS
    assert "ports" not in shop
    subnet = compose["networks"]["inside"]["ipam"]["config"][0]["subnet"]
    assert shop["environment"]["BODEGA_PROXIES"] == subnet


def test_caddy_asks_where_the_shop_listens(compose: Any) -> None:
    assert compose["services"]["caddy"]["environment"] == {"SHOP_UPSTREAM": "shop:8000"}
    assert "{$SHOP_UPSTREAM:127.0.0.1:8000}" in ours("caddy/Caddyfile")
