"""Deploys as an operator meets them: real generations on one socket."""

import os
import re
import signal
import subprocess
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.processes.shop import BODEGA, Shop, Visitors, opened
from tests.waiting import until

pytestmark = [pytest.mark.process, pytest.mark.slow, pytest.mark.xdist_group("deploys")]

Change = Callable[[Path], None]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with opened(tmp_path_factory.mktemp("deploys"), BODEGA_HUNG_SECONDS="4") as made:
        yield made


def test_visitors_do_not_notice_a_deploy(shop: Shop) -> None:
    before = shop.generation
    with Visitors(shop.port) as visitors:
        code, last = shop.deploy()
    assert (code, last["end"]) == (0, "live"), last
    assert visitors.failures == []
    assert visitors.answered > 20
    assert shop.generation == last["id"] != before

    told = shop.status()
    chapters = {each["id"]: each for each in told["generations"]}
    now, former = chapters[last["id"]], chapters[before]
    assert now["state"] == "live"
    assert (former["state"], former["exit"]) == ("gone", 0)
    assert former["served"] >= visitors.answered / 10, "what the older one served is in its chapter"
    assert former["draining"] >= now["live"], "the older one goes after the new one has come"
    table = shop.run("status").stdout
    assert table.startswith(f"The shop is open: http://127.0.0.1:{shop.port}/")
    assert re.search(rf"{before[:8]} .* gone ", table)


def broken_settings(bodega: Path) -> None:
    append(bodega / "settings.py", "raise RuntimeError('a typo in the settings')")


def broken_page(bodega: Path) -> None:
    append(bodega / "web/templates/base.html", "{% no_such_tag %}")


def another_volume(bodega: Path) -> None:
    other = bodega / "elsewhere"
    subprocess.run([*BODEGA, "init", str(other)], check=True, capture_output=True)
    append(bodega / "__init__.py", f"import os; os.environ['BODEGA_VOLUME'] = {str(other)!r}")


def failing_migration(bodega: Path) -> None:
    write_migration(
        bodega,
        """
        def forwards(apps, schema_editor):
            raise RuntimeError("rows that nobody had thought of")

        operations = [migrations.RunPython(forwards, hints={"beside_older": "safe"})]
        """,
    )


def contracting_migration(bodega: Path) -> None:
    write_migration(bodega, 'operations = [migrations.RemoveField("cart", "country")]')


def append(path: Path, line: str) -> None:
    path.write_text(f"{path.read_text()}\n{line}\n")


def write_migration(bodega: Path, body: str) -> None:
    folder = bodega / "cart/migrations"
    last = max(path.stem for path in folder.glob("0*.py"))
    text = f"""
from django.db import migrations

class Migration(migrations.Migration):
    dependencies = [("cart", "{last}")]
{textwrap.indent(textwrap.dedent(body), "    ")}
"""
    (folder / "0099_of_a_test.py").write_text(text)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (broken_settings, "RuntimeError: a typo in the settings"),
        (broken_page, "the first page answers 500"),
        (another_volume, "does not answer on this volume"),
        (failing_migration, "rows that nobody had thought of"),
        (contracting_migration, "may not run beside the older release"),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
def test_a_generation_that_cannot_start_leaves_the_old_one_serving(
    shop: Shop, change: Change, why: str
) -> None:
    before = shop.generation
    release = shop.release(change.__name__)
    change(release / "src" / "bodega")
    with Visitors(shop.port, count=2) as visitors:
        done = shop.run("deploy", "--release", str(release))
    assert done.returncode == 1
    last = done.stderr.splitlines()[-1]
    assert last.startswith("bodega deploy: failed: "), done.stderr
    assert why in last
    assert "keeps serving" in last
    assert shop.generation == before
    assert visitors.failures == []
    chapter = shop.status()["generations"][0]
    assert (chapter["release"], chapter["state"]) == (change.__name__, "gone")
    assert why in chapter["why"]
    assert set(shop.processes) == {"generation", "web", "worker"}, "nothing is left of it"


def test_a_folder_without_code_is_refused_in_a_sentence(shop: Shop, tmp_path: Path) -> None:
    code, last = shop.deploy("--release", str(tmp_path))
    assert code == 1
    assert "has no release: neither bin/python" in last["sentence"]


def test_a_port_that_is_taken_leaves_who_has_it_serving(shop: Shop) -> None:
    before = shop.generation
    done = shop.run("up", "--port", str(shop.port))
    assert done.returncode == 1
    assert f"port {shop.port} is in use" in done.stderr
    assert shop.generation == before
    assert shop.deploy()[0] == 0, "the ear of the shop that serves was left alone"


def test_of_many_deploys_at_once_the_newest_counts(shop: Shop) -> None:
    words = [*BODEGA, "deploy", "--json", "--name"]
    asked = [
        subprocess.Popen([*words, f"deploy {n}"], env=shop.environment, stdout=subprocess.DEVNULL)
        for n in range(5)
    ]
    codes = sorted(each.wait(120) for each in asked)
    assert codes == [0, 0, 3, 3, 3], (
        "one was under way, one came after it, the others were replaced"
    )


def test_a_frozen_process_is_killed_and_replaced(shop: Shop) -> None:
    frozen = shop.processes["web"]
    os.kill(frozen, signal.SIGSTOP)
    until(lambda: shop.processes.get("web") not in {None, frozen}, 30)
    assert shop.get("/up")[0] == 200
    assert "web said nothing for 4 s and is killed" in shop.said


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_generation_that_dies_or_freezes_is_followed_by_another(
    shop: Shop, number: signal.Signals
) -> None:
    before, identity = shop.processes["generation"], shop.generation
    os.kill(before, number)
    until(lambda: shop.processes.get("generation") not in {None, before}, 30)
    assert shop.get("/up")[0] == 200
    until(lambda: shop.status()["generations"][0]["state"] == "live", 30)
    chapters = {each["id"]: each for each in shop.status()["generations"]}
    assert chapters[identity]["exit"] == -signal.SIGKILL


def test_sighup_deploys_the_same_code_again(shop: Shop) -> None:
    before = shop.generation
    shop.process.send_signal(signal.SIGHUP)
    until(lambda: shop.generation != before, 60)


def test_a_rollback_is_a_deploy_of_the_former_release(shop: Shop) -> None:
    release = shop.release("next")
    code, last = shop.deploy("--release", str(release))
    assert code == 0, last
    assert shop.get("/up")[1].count(b'"release": "next"') == 1
    code, last = shop.deploy("--rollback")
    assert code == 0, last
    assert b'"release": "next"' not in shop.get("/up")[1]


def test_nobody_can_deploy_on_a_shop_that_is_closed(volume: Path) -> None:
    done = subprocess.run(
        [*BODEGA, "deploy"],
        env={**os.environ, "BODEGA_VOLUME": str(volume)},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 4
    assert f"no shop is open on {volume}" in done.stderr
