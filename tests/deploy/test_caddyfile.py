import pytest

from tests.deploy.caddyfiles import read, unknown
from tests.deploy.files import merchants, ours

OURS = ours("caddy/Caddyfile")


@pytest.mark.parametrize("text", [OURS, merchants("deploy/caddy/Caddyfile")])
def test_caddy_knows_every_directive(text: str) -> None:
    assert unknown(text) == []


@pytest.mark.parametrize(
    ("old", "new", "found"),
    [
        ("flush_interval", "flush", ["reverse_proxy flush"]),
        ("request_body", "body_limit", ["body_limit"]),
        ("lb_try_duration", "lb_try_time", ["reverse_proxy lb_try_time"]),
    ],
)
def test_a_wrong_directive_is_found(old: str, new: str, found: list[str]) -> None:
    assert unknown(OURS.replace(old, new)) == found


def test_a_block_left_open_is_found() -> None:
    with pytest.raises(ValueError, match="not closed"):
        read(OURS.rstrip().removesuffix("}"))
    with pytest.raises(ValueError, match="closes nothing"):
        read(OURS + "}\n")


def test_visitors_wait_and_streams_flow() -> None:
    said = {path[-1] for path in read(OURS)}
    assert {"lb_try_duration 30s", "flush_interval -1"} <= said
    assert merchants("deploy/caddy/Caddyfile").count("prints.example {") == 1
