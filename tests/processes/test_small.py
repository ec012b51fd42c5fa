"""`bodega up --small`: everything of a generation in one process; and a pause, of either form."""

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.processes.shop import Shop, Visitors, opened
from tests.waiting import until

pytestmark = [pytest.mark.process, pytest.mark.slow]

MOST_MEGABYTES = 40  # resident, with all the libraries it shares; Django alone would be twice that


@pytest.fixture(params=[("--small",), ()], ids=["small", "usual"])
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    with opened(tmp_path_factory.mktemp("small"), *request.param) as made:
        made.is_small = bool(request.param)
        yield made


def newest(shop: Shop) -> dict[str, object]:
    found: dict[str, object] = shop.status()["generations"][0]
    return found


def test_a_deploy_and_a_pause(shop: Shop) -> None:
    expected = {"generation"} if shop.is_small else {"generation", "web", "worker"}
    assert set(shop.processes) == expected
    with Visitors(shop.port, count=4) as visitors:
        code, last = shop.deploy()
        assert code == 0, last
        until(lambda: newest(shop).get("works"), 30)

        paused = json.loads(shop.run("pause", "--json").stdout)
        assert paused["quiet"], paused
        until(lambda: newest(shop)["held"] == 4, 10)
        assert (newest(shop)["busy"], newest(shop)["works"], newest(shop)["rests"]) == (
            0,
            False,
            True,
        )
        assert shop.get("/up")[0] == 200
        before = visitors.answered

        assert shop.run("resume").stdout == "The shop goes on.\n"
        until(lambda: visitors.answered > before + 4, 10)
        until(lambda: newest(shop)["works"], 30)
    assert visitors.failures == [], "they have waited, and nothing failed"
    assert shop.close() == 0


def test_a_request_that_is_held_for_too_long_is_told_to_come_back(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with opened(tmp_path_factory.mktemp("held"), BODEGA_HOLD_SECONDS="0.2") as shop:
        shop.run("pause")
        assert shop.get("/cart/")[0] == 503
        shop.run("resume")
        assert shop.get("/cart/")[0] == 200


def test_the_supervisor_is_small_because_it_imports_nothing_of_the_shop() -> None:
    program = """
import sys
import bodega.cli.up
status = open("/proc/self/status").read()
resident = int(status.split("VmRSS:")[1].split()[0])
strangers = {"django", "gunicorn", "asyncio", "bodega.web", "http.client"} & set(sys.modules)
print(strangers or "none", resident // 1024)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    strangers, megabytes = done.stdout.rsplit(" ", 1)
    assert strangers == "none"
    assert int(megabytes) < MOST_MEGABYTES
