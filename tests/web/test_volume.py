"""`/-/volume` and `/ready`: who answers, on which volume, and may it be sent visitors?"""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from bodega.databases.generations import Generation
from bodega.databases.opening import open_file
from bodega.databases.register import Register
from bodega.databases.volume import read_identity
from bodega.web.health import Health
from bodega.web.volume import Ready, Volume


def ask(application: Any, path: str) -> tuple[int, dict[str, str]]:
    sent: list[dict[str, Any]] = []

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request"}

    asyncio.run(application({"type": "http", "path": path}, receive, send))
    headers = dict(sent[0]["headers"])
    assert headers[b"cache-control"] == b"no-store"
    return sent[0]["status"], json.loads(sent[1]["body"])


class Well(Health):
    """A health whose complaint is told by the test."""

    def __init__(self, complaint: str = "") -> None:
        self.said = complaint

    def complaint(self) -> str:
        return self.said


def test_the_volume_says_who_answers_and_where_it_is_in_its_life(volume: Path) -> None:
    generation = Generation(Register(volume), "r7")
    answers = Volume(volume, "r7", generation.id)
    expected = {"volume": read_identity(volume).id, "generation": generation.id, "release": "r7"}
    assert ask(answers, "/-/volume") == (200, {**expected, "state": "starting"})
    generation.tell("live")
    assert ask(answers, "/-/volume") == (200, {**expected, "state": "live"})
    generation.leave()
    assert ask(answers, "/-/volume")[1]["state"] == "gone"


def test_nothing_else_is_told_below_it(volume: Path) -> None:
    assert ask(Volume(volume, "r7", ""), "/-/")[0] == 404
    assert ask(Volume(volume, "r7", ""), "/-/secret.key")[0] == 404


def test_a_generation_is_ready_only_while_it_is_live(volume: Path) -> None:
    generation = Generation(Register(volume), "r7")
    ready = Ready(Well(), Volume(volume, "r7", generation.id))
    assert ask(ready, "/ready") == (
        503,
        {"status": "unavailable", "why": "the generation is starting"},
    )
    generation.tell("live")
    assert ask(ready, "/ready") == (200, {"status": "ready"})
    generation.tell("draining")
    assert ask(ready, "/ready")[0] == 503
    generation.leave()


@pytest.mark.parametrize(("complaint", "status"), [("", 200), ("primary cannot be read", 503)])
def test_a_web_process_on_its_own_is_ready_when_it_is_well(
    volume: Path, complaint: str, status: int
) -> None:
    ready = Ready(Well(complaint), Volume(volume, "r7", ""))
    assert ask(ready, "/ready")[0] == status


def test_health_answers_as_before(volume: Path) -> None:
    reader = open_file("primary", volume)
    reader.execute("CREATE TABLE django_migrations (id)")
    assert ask(Health(reader, volume, "r7"), "/up")[0] == 200
    reader.close()
