import json

import pytest

from bodega.cli import main
from bodega.cli.migrations import as_json, as_text
from bodega.databases.migrating.classifying import Class, Judgement, Verdict

SAFE = Verdict("Add field note", Class.SAFE, "an older release does not notice it", 0.0, (), ())
GONE = Verdict(
    "Remove field old", Class.REFUSED, "an older release still reads it", 1.25, ("t",), ("x",)
)
FOUND = [
    Judgement("catalog.0002_note", "default", SAFE._replace(what="catalog.0002_note"), (SAFE,)),
    Judgement(
        "catalog.0003_gone", "default", GONE._replace(what="catalog.0003_gone"), (SAFE, GONE)
    ),
]


@pytest.mark.django_db(databases=["default", "queue"])
def test_a_shop_that_is_up_to_date_may_go_on(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["migrations"]) == 0
    assert capsys.readouterr().out == "All migrations are applied.\n"
    assert main(["migrations", "--json", "--database", "queue"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_it_says_what_is_in_the_way_and_what_next() -> None:
    assert as_text(FOUND).splitlines() == [
        "safe        0.0 s  catalog.0002_note",
        "refused     1.2 s  catalog.0003_gone",
        "                    Remove field old: an older release still reads it.",
        "Refused ones wait until no older generation serves.",
    ]


def test_programs_get_the_same() -> None:
    first, second = json.loads(as_json(FOUND))
    assert (first["migration"], first["class"]) == ("catalog.0002_note", "safe")
    assert (second["class"], second["seconds"]) == ("refused", 1.25)
    assert (second["rebuilt"], second["lost_triggers"]) == (["t"], ["x"])
    assert second["operations"][1]["reason"] == "an older release still reads it"


@pytest.mark.django_db(databases=["default", "queue"])
def test_one_that_is_not_safe_makes_the_code_1(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("bodega.databases.migrating.classifying.classify", lambda _: FOUND)
    assert main(["migrations", "--database", "default"]) == 1
    assert "refused" in capsys.readouterr().out
    monkeypatch.setattr("bodega.databases.migrating.classifying.classify", lambda _: FOUND[:1])
    assert main(["migrations"]) == 0


def test_without_a_volume_it_says_so(
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("BODEGA_VOLUME", str(tmp_path_factory.mktemp("nothing")))
    assert main(["migrations"]) == 1
    assert "is not a volume" in capsys.readouterr().err


def test_wrong_words_are_code_2() -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["migrations", "--database", "cable"])
    assert stopped.value.code == 2
