"""One set of tests for both kinds of stores."""

import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto import mock_aws

from bodega.ops.backup.bucket import Bucket
from bodega.ops.backup.folder import PARTIAL, Folder
from bodega.ops.backup.making import Source, make
from bodega.ops.backup.rehearsing import rehearse
from bodega.ops.backup.rotation import Keep
from bodega.ops.backup.shelf import Shelf, volumes
from bodega.ops.backup.stores import Missing, Store, StoreError, open_store


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Amazon in memory."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        where = {"LocationConstraint": "eu-central-1"}
        boto3.client("s3").create_bucket(Bucket="backups", CreateBucketConfiguration=where)
        yield


@pytest.fixture(params=["folder", "bucket", "bucket with a prefix"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return open_store(str(tmp_path / "store"))
    request.getfixturevalue("cloud")
    return open_store("s3://backups" + ("/a/b" if "prefix" in request.param else ""))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    return path


def test_what_is_put_can_be_got(store: Store, file: Path, tmp_path: Path) -> None:
    store.put("v/1/a", file)
    store.get("v/1/a", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"content"
    file.write_bytes(b"newer")
    store.put("v/1/a", file)
    store.get("v/1/a", tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == b"newer"


def test_keys_are_found_by_how_they_begin(store: Store, file: Path) -> None:
    for key in ("v/2/b", "v/1/a", "v/10/c", "w/1/a"):
        store.put(key, file)
    assert store.keys("v/1") == ["v/1/a", "v/10/c"]
    assert store.keys("v/1/") == ["v/1/a"]
    assert store.keys("") == ["v/1/a", "v/10/c", "v/2/b", "w/1/a"]
    assert store.keys("nothing/") == []


def test_what_is_deleted_is_gone_and_twice_does_no_harm(store: Store, file: Path) -> None:
    store.put("v/1/a", file)
    store.put("v/1/b", file)
    store.delete(["v/1/a"])
    store.delete(["v/1/a"])
    store.delete([])
    assert store.keys("") == ["v/1/b"]


def test_what_is_missing_is_said_to_be(store: Store, tmp_path: Path) -> None:
    with pytest.raises(Missing):
        store.get("v/1/nothing", tmp_path / "out")


def test_a_whole_backup_goes_there_and_comes_back(
    source: Source, store: Store, shelf: Shelf
) -> None:
    there = Shelf(store, shelf.volume)
    made = make(source, there, Keep())
    assert there.names() == [made.name]
    assert volumes(store) == [shelf.volume]
    assert rehearse(source.volume, there).manifest.name == made.name


def test_a_bucket_that_is_not_there_is_named(cloud: None, file: Path) -> None:
    with pytest.raises(StoreError, match="Create the bucket first"):
        Bucket("nowhere").keys("")


def test_a_store_that_does_not_answer_is_named(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with pytest.raises(StoreError, match="cannot be used: Could not connect"):
        Bucket("backups").put("a", file)


def test_without_boto3_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "boto3", None)
    with pytest.raises(StoreError, match=r"pip install 'bodega\[s3\]'"):
        Bucket("backups").keys("")


def test_other_places_are_refused_with_a_sentence() -> None:
    with pytest.raises(StoreError, match="is no place for backups"):
        open_store("ftp://somewhere/backups")
    with pytest.raises(StoreError, match="needs a bucket"):
        open_store("s3://")


def test_a_folder_that_cannot_be_written_says_what_to_look_at(tmp_path: Path, file: Path) -> None:
    (tmp_path / "no-folder").touch()
    with pytest.raises(StoreError, match="cannot be written to: Not a directory"):
        Folder(tmp_path / "no-folder").put("v/1/a", file)


def test_a_half_written_file_is_never_seen(
    tmp_path: Path, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Folder(tmp_path / "store")
    seen = []
    real = os.replace

    def look(source: str, target: Path) -> None:
        seen.append((PARTIAL in source, folder.keys("")))
        real(source, target)

    monkeypatch.setattr(os, "replace", look)
    folder.put("v/1/a", file)
    assert seen == [(True, [])]
    assert folder.keys("") == ["v/1/a"]
