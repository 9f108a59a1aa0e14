"""What every store of packs promises: in memory, in a folder, in a bucket."""

from __future__ import annotations

import socket
import time
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from shared import stores
from shared.errors import PackLost, StoreUnavailable
from shared.ports import PackStore
from shared.stores import open_store
from shared.testing import MemoryStore

Open = Callable[[], PackStore]


@pytest.fixture
def memory_store() -> PackStore:
    return MemoryStore()


@pytest.fixture
def folder_store(tmp_path: Path) -> PackStore:
    return open_store((tmp_path / "packs with a space").as_uri())


@pytest.fixture
def bucket_store(s3_url: str, monkeypatch: pytest.MonkeyPatch) -> PackStore:
    bucket = f"packs-{uuid4().hex}"
    with urllib.request.urlopen(urllib.request.Request(f"{s3_url}/{bucket}", method="PUT")):
        pass
    for name, value in {
        "AWS_ENDPOINT": s3_url,
        "AWS_ALLOW_HTTP": "true",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "secret",
        "AWS_REGION": "us-east-1",
    }.items():
        monkeypatch.setenv(name, value)
    return open_store(f"s3://{bucket}")


@pytest.fixture(params=["memory", "folder", "bucket"])
def store(request: pytest.FixtureRequest) -> PackStore:
    opened: PackStore = request.getfixturevalue(f"{request.param}_store")
    return opened


def test_the_empty_folder_of_a_pack_that_found_no_room_is_removed(folder_store: PackStore, tmp_path: Path) -> None:
    empty = tmp_path / "packs with a space" / "jobs" / "a"
    empty.mkdir(parents=True)
    folder_store.remove("jobs/a/")
    assert not empty.exists()


def test_what_is_put_is_what_one_gets(store: PackStore) -> None:
    data = bytes(range(256)) * 1000
    store.put("jobs/a/000000.zip", data)
    assert store.get("jobs/a/000000.zip") == data


def test_a_second_put_replaces_the_first(store: PackStore) -> None:
    store.put("jobs/a/000000.zip", b"first")
    store.put("jobs/a/000000.zip", b"second")
    assert store.get("jobs/a/000000.zip") == b"second"


def test_an_empty_pack_is_a_pack(store: PackStore) -> None:
    store.put("jobs/a/000000.zip", b"")
    assert store.get("jobs/a/000000.zip") == b""


def test_a_pack_that_is_not_there_is_lost(store: PackStore) -> None:
    with pytest.raises(PackLost):
        store.get("jobs/a/000000.zip")


def test_a_bucket_that_is_not_there_has_lost_nothing(bucket_store: PackStore) -> None:
    elsewhere = open_store(f"s3://nothing-{uuid4().hex}")
    with pytest.raises(StoreUnavailable):
        elsewhere.get("jobs/a/000000.zip")
    with pytest.raises(StoreUnavailable):
        elsewhere.put("jobs/a/000000.zip", b"pack")


def test_remove_deletes_what_starts_with_the_prefix_and_nothing_else(store: PackStore) -> None:
    for key in ("jobs/a/000000.zip", "jobs/a/000001.zip", "jobs/ab/000000.zip", "jobs/b/000000.zip"):
        store.put(key, b"pack")

    store.remove("jobs/a/")

    for key in ("jobs/a/000000.zip", "jobs/a/000001.zip"):
        with pytest.raises(PackLost):
            store.get(key)
    for key in ("jobs/ab/000000.zip", "jobs/b/000000.zip"):
        assert store.get(key) == b"pack"


def test_more_packs_than_one_listing_holds_are_all_removed(store: PackStore) -> None:
    keys = [f"jobs/a/{number:06d}.zip" for number in range(1001)]
    for key in keys:
        store.put(key, b"")

    store.remove("jobs/a/")

    with pytest.raises(PackLost):
        store.get(keys[-1])


def test_nothing_to_remove_is_no_error(store: PackStore) -> None:
    store.remove("jobs/nobody/")


def test_a_store_that_is_there_answers_a_ping(store: PackStore) -> None:
    store.ping()


def test_a_folder_store_leaves_no_empty_folder_behind(tmp_path: Path) -> None:
    store = open_store(tmp_path.as_uri())
    store.put("jobs/a/000000.zip", b"pack")
    store.remove("jobs/a/")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_unavailable(tmp_path: Path) -> None:
    store = open_store((tmp_path / "packs").as_uri())
    (tmp_path / "packs" / "jobs").write_text("a file where a folder should be")
    with pytest.raises(StoreUnavailable):
        store.put("jobs/a/000000.zip", b"pack")


def test_a_bucket_that_is_missing_is_unavailable(bucket_store: PackStore) -> None:
    with pytest.raises(StoreUnavailable):
        open_store("s3://no-such-bucket").ping()


@pytest.mark.parametrize("answers", ["not at all", "with silence"])
def test_a_bucket_that_is_away_is_unavailable_soon(
    bucket_store: PackStore, monkeypatch: pytest.MonkeyPatch, answers: str
) -> None:
    monkeypatch.setattr(stores, "REQUEST_SECONDS", 1)
    monkeypatch.setattr(stores, "RETRY_SECONDS", 1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT", f"http://127.0.0.1:{silent.getsockname()[1]}")
        if answers == "not at all":
            silent.close()
        began = time.monotonic()
        with pytest.raises(StoreUnavailable):
            open_store("s3://packs").get("jobs/a/000000.zip")
    assert time.monotonic() - began < 10


def test_a_folder_that_is_away_is_unavailable_until_it_is_back(tmp_path: Path) -> None:
    packs, elsewhere = tmp_path / "packs", tmp_path / "elsewhere"
    store = open_store(packs.as_uri())
    store.put("jobs/a/000000.zip", b"pack")
    packs.rename(elsewhere)
    with pytest.raises(StoreUnavailable):
        store.get("jobs/a/000000.zip")
    elsewhere.rename(packs)
    assert store.get("jobs/a/000000.zip") == b"pack"


def test_folders_that_nobody_wrote_to_for_long_are_told(store: PackStore) -> None:
    before = datetime.now(UTC) - timedelta(minutes=1)
    for key in ("jobs/a/000000.zip", "jobs/a/000001.zip", "jobs/b/000000.zip", "other/c/000000.zip"):
        store.put(key, b"pack")

    assert store.folders("jobs/", before) == []
    assert sorted(store.folders("jobs/", before + timedelta(minutes=2))) == ["a", "b"]
    assert store.folders("nothing/", before) == []
