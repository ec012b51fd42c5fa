"""The door as a whole: pages stay exact whoever writes, and every kind of address has its answer."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from django.conf import settings
from django.db import connection
from django.db.models import F
from hypothesis import HealthCheck, given
from hypothesis import settings as settings_of_hypothesis
from hypothesis import strategies as st

from bodega.cable import sign
from bodega.catalog.models import Product, Stock, Variant
from bodega.databases.volume import IDENTITY
from bodega.merchant.models import Merchant
from bodega.web import freshness
from tests.web.asking import ask, scope
from tests.web.conftest import OpenDoor

WRITER = """
import sys
import bodega.databases
from bodega.databases.opening import open_file
connection = open_file("primary")
connection.execute(sys.argv[1])
connection.close()
"""


def write_elsewhere(statement: str) -> None:
    """Commit plain SQL in another process."""
    subprocess.run([sys.executable, "-c", WRITER, statement], check=True, timeout=30)


@pytest.fixture
def product(door: OpenDoor) -> Product:
    Merchant.objects.create(pk=1, name="Prints")
    made = Product.objects.create(title="Dunes", slug="dunes", status=Product.Status.ACTIVE)
    variant = Variant.objects.create(product=made, sku="DUNES", price=1234)
    Stock.objects.update_or_create(variant=variant, defaults={"on_hand": 20, "low_at": 5})
    return made


@pytest.fixture
def lost_triggers() -> Iterator[None]:
    """The triggers of prices are gone, as after a careless table rebuild."""
    with connection.cursor() as cursor:
        for event in ("insert", "update", "delete"):
            cursor.execute(f'DROP TRIGGER "changes_pages_catalog_variant_{event}"')
    yield
    freshness.install()


def shows(door: OpenDoor, price: str) -> bool:
    return price.encode() in door.ask("/p/dunes/").body


def is_kept(door: OpenDoor) -> bool:
    """Whether the next visitor's page would come from memory: the same bytes, without Django."""
    kept = door.door.kept
    assert kept is not None
    return len(kept.pages) > 0


@pytest.mark.usefixtures("product")
def test_a_price_changed_by_another_process_is_on_the_next_page(door: OpenDoor) -> None:
    assert shows(door, "12.34")
    assert shows(door, "12.34")
    assert is_kept(door)
    write_elsewhere("UPDATE catalog_variant SET price = 4321 WHERE sku = 'DUNES'")
    assert shows(door, "43.21")
    assert not shows(door, "12.34")


@pytest.mark.usefixtures("product", "lost_triggers")
def test_without_triggers_nothing_is_kept_so_that_nothing_is_stale(door: OpenDoor) -> None:
    assert shows(door, "12.34")
    assert not is_kept(door)
    write_elsewhere("UPDATE catalog_variant SET price = 4321 WHERE sku = 'DUNES'")
    assert shows(door, "43.21")


@pytest.mark.usefixtures("product", "lost_triggers")
def test_a_cache_that_trusted_the_counter_blindly_would_be_stale(
    door: OpenDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freshness.Freshness, "_triggers_in_place", lambda _self: True)
    assert shows(door, "12.34")
    write_elsewhere("UPDATE catalog_variant SET price = 4321 WHERE sku = 'DUNES'")
    assert shows(door, "12.34"), "the control: this is what the check of the triggers prevents"


@pytest.mark.usefixtures("product")
def test_every_way_to_write_is_seen_at_once(door: OpenDoor) -> None:
    assert shows(door, "12.34")
    Variant.objects.update(price=F("price") + 1)
    assert shows(door, "12.35")
    variant = Variant.objects.get()
    variant.price = 1236
    variant.save()
    assert shows(door, "12.36")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE catalog_variant SET price = 1237")
    assert shows(door, "12.37")


@pytest.mark.usefixtures("product")
def test_the_last_ones_are_counted_on_the_page_and_plenty_is_not(door: OpenDoor) -> None:
    door.ask("/p/dunes/")
    Stock.objects.update(on_hand=19)
    door.ask("/p/dunes/")
    kept = door.door.kept
    assert kept is not None
    version = kept.pages.version
    Stock.objects.update(on_hand=3)
    assert door.ask("/p/dunes/").status == 200
    assert kept.pages.version != version


@pytest.mark.usefixtures("product")
@pytest.mark.parametrize("address", ["/", "/p/dunes/", "/search/?q=dunes", "/sitemap.xml"])
def test_pages_of_the_catalogue_set_no_cookie_and_vary_by_none(
    door: OpenDoor, address: str
) -> None:
    for _ in range(2):
        answer = door.ask(address, cookie="cart=abc; sessionid=x; messages=y")
        assert answer.status == 200
        assert "set-cookie" not in answer.headers
        assert answer.headers["vary"] == "accept-encoding"
        assert "x-bodega-page" not in answer.headers
        assert "content-security-policy" in answer.headers
    assert is_kept(door)


def test_up_says_which_volume_and_release_it_serves(door: OpenDoor) -> None:
    answer = door.ask("/up", host="a-container:3000")
    assert answer.status == 200
    told = json.loads(answer.body)
    assert told["status"] == "up"
    assert told["release"] == settings.RELEASE
    assert answer.headers["cache-control"] == "no-store"


def test_up_says_when_the_volume_is_gone_or_another(door: OpenDoor) -> None:
    identity = settings.VOLUME / IDENTITY
    original = identity.read_text()
    try:
        identity.write_text(original.replace(json.loads(original)["id"], "0123456789abcdef"))
        answer = door.ask("/up")
        assert answer.status == 503
        assert "another volume" in json.loads(answer.body)["why"]
        identity.unlink()
        assert "Is it mounted?" in json.loads(door.ask("/up").body)["why"]
    finally:
        identity.write_text(original)
    assert door.ask("/up").status == 200


def test_up_says_when_primary_cannot_be_read(door: OpenDoor) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE django_migrations RENAME TO away")
    try:
        answer = door.ask("/up")
        assert answer.status == 503
        assert "primary cannot be read" in json.loads(answer.body)["why"]
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE away RENAME TO django_migrations")


def test_live_is_the_stream_and_not_django(door: OpenDoor) -> None:
    assert door.ask("/live/").status == 400
    assert door.ask("/live/?channel=forged").status == 403
    assert sign("orders") not in door.ask("/live/?channel=forged").body.decode()


def test_a_host_that_is_not_ours_is_told_so_plainly(door: OpenDoor) -> None:
    answer = door.ask("/cart/", host="evil.example")
    assert answer.status == 400
    assert b"does not answer to that host name" in answer.body


def test_a_door_without_a_volume_does_not_open(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(settings, "VOLUME", tmp_path / "nowhere")
    made = OpenDoor()
    try:
        told = made.open()
        assert told["type"] == "lifespan.startup.failed"
        assert "is not a volume" in told["message"]
    finally:
        made.close()


def test_pictures_are_public_and_nothing_else_of_the_volume_is(door: OpenDoor) -> None:
    folder = Path(settings.MEDIA_ROOT) / "img"
    originals = Path(settings.MEDIA_ROOT) / "originals"
    for each in (folder, originals):
        each.mkdir(parents=True, exist_ok=True)
    (folder / "ab12cd-400.webp").write_bytes(b"RIFF")
    (originals / "secret.webp").write_bytes(b"RIFF")
    try:
        answer = door.ask("/media/img/ab12cd-400.webp")
        assert (answer.status, answer.body) == (200, b"RIFF")
        assert answer.headers["content-type"] == "image/webp"
        assert "immutable" in answer.headers["cache-control"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        for address in (
            "/media/originals/secret.webp",
            "/media/img/../originals/secret.webp",
            "/media/img/..%2foriginals%2fsecret.webp",
            "/media/../secret.key",
            "/media/img/nothing.webp",
            "/media/",
            "/static/../secret.key",
            "/static/../primary.sqlite3",
            "/static//etc/passwd",
            "/static/\x00",
        ):
            assert door.ask(address).status == 404, address
    finally:
        shutil.rmtree(folder)
        shutil.rmtree(originals)


@settings_of_hypothesis(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    path=st.one_of(
        st.sampled_from(
            ["/", "/p/", "/c/x/", "/search/", "/media/img/", "/static/", "/live/", "/up"]
        ),
        st.text(max_size=30).map(lambda text: "/" + text),
    ),
    query=st.binary(max_size=40),
    header=st.binary(max_size=20),
    method=st.sampled_from(["GET", "HEAD", "POST", "OPTIONS", "DELETE", "BREW"]),
)
def test_nonsense_is_never_our_fault(
    door: OpenDoor, path: str, query: bytes, header: bytes, method: str
) -> None:
    asked = scope("/", method)
    asked.update(path=path, raw_path=quote(path).encode(), query_string=query)
    names = (b"accept-encoding", b"if-none-match", b"range", b"cookie", b"content-type")
    asked["headers"] += [(name, header) for name in names]
    answer = door.run(ask(door.door, asked))
    assert answer.status < 500
    assert answer.is_whole
