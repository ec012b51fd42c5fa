from pathlib import Path

import pytest

from bodega.ops.release import NoRelease, Release, Served, find, own


def sources(folder: Path, below: str = "src/bodega") -> Path:
    (folder / below).mkdir(parents=True)
    (folder / below / "__init__.py").touch()
    return folder


def python(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "python").touch()
    return folder / "python"


def test_sources_run_with_our_own_environment(tmp_path: Path) -> None:
    release = find(sources(tmp_path / "2026-11-22"))
    assert (release.name, release.python) == ("2026-11-22", own().python)
    assert release.sources == str(tmp_path / "2026-11-22" / "src")
    assert find(sources(tmp_path / "flat", "bodega"), "named").sources == str(tmp_path / "flat")


def test_a_virtual_environment_brings_its_own(tmp_path: Path) -> None:
    inner = python(tmp_path / "venv" / "bin")
    release = find(tmp_path / "venv")
    assert (release.python, release.sources) == (str(inner), "")
    assert release.command == [str(inner), "-m", "bodega"]


def test_a_folder_may_have_both(tmp_path: Path) -> None:
    inner = python(sources(tmp_path / "both") / ".venv" / "bin")
    release = find(tmp_path / "both", "r7")
    assert release == Release(
        "r7", str(tmp_path / "both"), str(inner), str(tmp_path / "both" / "src")
    )


def test_its_processes_find_its_sources_first_and_its_name(tmp_path: Path) -> None:
    ours = {"PYTHONPATH": "/ours", "BODEGA_RELEASE": "old", "PATH": "/bin"}
    found = find(sources(tmp_path / "next")).environment(ours)
    assert found["PYTHONPATH"] == str(tmp_path / "next" / "src")
    assert (found["BODEGA_RELEASE"], found["PATH"]) == ("next", "/bin")
    python(tmp_path / "venv" / "bin")
    assert "PYTHONPATH" not in find(tmp_path / "venv").environment(ours), "ours would win over it"
    assert own().environment(ours)["PYTHONPATH"] == "/ours"


def test_where_there_is_no_code_the_sentence_says_what_was_looked_for(tmp_path: Path) -> None:
    with pytest.raises(NoRelease, match=r"neither bin/python or \.venv/bin/python"):
        find(tmp_path)
    with pytest.raises(NoRelease, match="is no folder"):
        find(tmp_path / "nothing")


def test_what_is_asked_for_is_a_folder_the_same_again_or_the_former(tmp_path: Path) -> None:
    served = Served()
    with pytest.raises(NoRelease, match="just being opened"):
        served.wanted({})
    served.note(own())
    served.note(own())
    with pytest.raises(NoRelease, match="no other release has served"):
        served.wanted({"rollback": True})
    second = served.wanted({"release": str(sources(tmp_path / "second"))})
    served.note(second)
    assert served.wanted({"rollback": True}) == own()
    assert served.wanted({}) == second
    assert served.wanted({"name": "again"}).name == "again"
    served.note(own())
    assert served.wanted({"rollback": True}) == second, "and back again"
