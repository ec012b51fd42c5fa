import gzip
import re
from pathlib import Path

import pytest

from bodega.web import files
from bodega.web.files import Files, static_files
from tests.web.asking import asked, scope

HASHED = "bodega.0123456789ab.css"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / HASHED).write_bytes(b"body{}" * 100)
    (tmp_path / f"{HASHED}.gz").write_bytes(gzip.compress(b"body{}" * 100))
    (tmp_path / "robots.txt").write_bytes(b"plain")
    (tmp_path / "inner").mkdir()
    return tmp_path


def test_a_file_with_a_hash_in_its_name_never_changes(folder: Path) -> None:
    answer = asked(static_files(folder), scope(f"/static/{HASHED}"))
    assert answer.body == b"body{}" * 100
    assert answer.headers["content-type"].startswith("text/css")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_a_file_without_one_is_asked_for_again_after_a_minute(folder: Path) -> None:
    answer = asked(static_files(folder), scope("/static/robots.txt"))
    assert answer.headers["cache-control"] == "max-age=60, public"


def test_the_compressed_file_is_sent_to_who_takes_it(folder: Path) -> None:
    answer = asked(static_files(folder), scope(f"/static/{HASHED}", accept_encoding="gzip"))
    assert answer.headers["content-encoding"] == "gzip"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert gzip.decompress(answer.body) == b"body{}" * 100


def test_who_has_it_is_told_so(folder: Path) -> None:
    shelf = static_files(folder)
    tag = asked(shelf, scope(f"/static/{HASHED}")).headers["etag"]
    answer = asked(shelf, scope(f"/static/{HASHED}", if_none_match=tag))
    assert (answer.status, answer.body) == (304, b"")


def test_head_reads_nothing_and_post_is_not_allowed(folder: Path) -> None:
    head = asked(static_files(folder), scope(f"/static/{HASHED}", "HEAD"))
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", "600")
    assert asked(static_files(folder), scope(f"/static/{HASHED}", "POST")).status == 405


def test_a_file_of_a_newer_release_is_found_without_a_restart(folder: Path) -> None:
    shelf = static_files(folder)
    newer = "bodega.ba9876543210.css"
    assert asked(shelf, scope(f"/static/{newer}")).status == 404
    (folder / newer).write_bytes(b"new")
    assert asked(shelf, scope(f"/static/{newer}")).body == b"new"


@pytest.mark.parametrize("size", [0, 1, 99, 100, 101, 1_000])
def test_a_large_file_comes_whole_in_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(files, "AT_ONCE_BYTES", 100)
    monkeypatch.setattr(files, "BLOCK_BYTES", 30)
    content = bytes(number % 251 for number in range(size))
    (tmp_path / "film.bin").write_bytes(content)
    answer = asked(static_files(tmp_path), scope("/static/film.bin"))
    assert answer.body == content
    assert answer.is_whole


def test_a_part_of_a_file_can_be_asked_for(folder: Path) -> None:
    answer = asked(static_files(folder), scope("/static/robots.txt", range="bytes=1-3"))
    assert (answer.status, answer.body) == (206, b"lai")


@pytest.mark.parametrize(
    "path", ["/static/", "/static/inner", "/static/inner/", "/static/nothing.css", "/static"]
)
def test_what_is_no_file_is_404(folder: Path, path: str) -> None:
    answer = asked(static_files(folder), scope(path))
    assert answer.status == 404
    assert answer.body == b"There is no such file.\n"


@pytest.mark.parametrize("allowed", [re.compile(".*"), files.STATIC])
def test_no_address_leads_out_of_the_folder(tmp_path: Path, allowed: re.Pattern[str]) -> None:
    inside = tmp_path / "static"
    inside.mkdir()
    (tmp_path / "secret.key").write_text("secret")
    shelf = Files(inside, "/static/", allowed, allowed)
    for path in (
        "/static/../secret.key",
        "/static/./../secret.key",
        f"/static/{tmp_path}/secret.key",
    ):
        assert asked(shelf, scope(path)).status == 404


def test_only_addresses_of_the_allowed_form_are_looked_up(folder: Path) -> None:
    shelf = Files(folder, "/static/", re.compile("/static/robots.txt"), files.HASHED)
    assert asked(shelf, scope("/static/robots.txt")).status == 200
    assert asked(shelf, scope(f"/static/{HASHED}")).status == 404
