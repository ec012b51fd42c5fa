"""The storm's table, object and picture."""

import json
from io import StringIO
from xml.etree import ElementTree

import pytest
from rich.console import Console

from bodega.ops.drill.storm import report
from bodega.ops.drill.storm.controls import Control
from bodega.ops.drill.storm.outcome import Storm
from bodega.ops.drill.storm.plotting import svg
from tests.ops.drill.storm.storms import calm, cut

SVG = "{http://www.w3.org/2000/svg}"


def shown(storm: Storm) -> str:
    console = Console(file=StringIO(), width=110)
    report.show(storm, console)
    assert isinstance(console.file, StringIO)
    return console.file.getvalue()


def test_the_table_says_what_was_tried_and_what_was_seen() -> None:
    told = shown(calm())
    for words in ("2 live of 2", "up to 4 alive", "100 of 4 buyers", "the bank has 1 charges"):
        assert words in told
    assert told.rstrip().endswith("0 failed requests, 0 lost, 0 twice.")


def test_it_says_when_there_were_no_containers() -> None:
    storm = calm()
    assert report.NO_CONTAINERS not in shown(storm)
    storm.ways = ["socket"]
    assert report.NO_CONTAINERS in shown(storm)


def test_what_must_not_be_is_said_and_where_to_look() -> None:
    storm = calm()
    storm.verdict.lost += [f"order {n}" for n in range(20)]
    told = shown(storm)
    assert "✗ lost: order 0" in told
    assert "… and 8 more" in told
    assert "That must not be. Volume, diaries and log:" in told


def test_the_object_has_the_same_numbers() -> None:
    told = json.loads(json.dumps(report.as_json(cut(calm(kill=0.5)))))
    assert told["passed"]
    assert told["failures"] == {"reset": 1}
    assert (told["repeated"], told["committed_but_unanswered"], told["killed"]) == (1, 1, 1)
    assert len(told["alive"]) == 30
    assert told["milliseconds"]["p50"] == pytest.approx(50, abs=2)


def test_the_picture_shows_generations_requests_deploys_and_failures() -> None:
    root = ElementTree.fromstring(svg(cut(calm(kill=0.5)), "a <storm>"))
    assert [each.text for each in root.iter(f"{SVG}title")] == ["a <storm>"]
    classes = [each.get("class") for each in root.iter()]
    assert (classes.count("failed"), classes.count("live"), classes.count("kill")) == (1, 2, 1)
    assert len(list(root.iter(f"{SVG}polygon"))) == 3, "live, starting, draining"
    for each in root.iter(f"{SVG}polyline"):
        xs = [float(point.split(",")[0]) for point in (each.get("points") or "").split()]
        assert xs == sorted(xs)
        assert len(xs) > 10


def test_a_storm_in_which_nothing_was_seen_can_be_drawn() -> None:
    storm = calm()
    storm.looks, storm.memories.requests, storm.seconds = (), [], 0.0
    root = ElementTree.fromstring(svg(storm, "nothing"))
    assert [each.text for each in root.iter(f"{SVG}title")] == ["nothing"]


def test_a_control_that_shows_nothing_is_named() -> None:
    console = Console(file=StringIO(), width=110)
    good = Control("drain", "requests fail", "3 failed requests", is_as_it_must=True)
    bad = Control("guards", "orders are lost", "0 lost", is_as_it_must=False)
    report.show_controls([good, bad], console)
    assert isinstance(console.file, StringIO)
    assert "Not so: without guards." in console.file.getvalue()
    assert not report.controls_as_json([good, bad])["passed"]
    assert report.controls_as_json([good])["passed"]
