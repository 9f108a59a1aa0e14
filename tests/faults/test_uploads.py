"""Uploads that break off or never seem to end: nothing stays behind, and memory stays flat."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import anyio
import pytest
from fastapi.testclient import TestClient

from api import submission
from api.submission import AT_ONCE, READ_FIRST, Places
from tests.conftest import Packs, wait_until

HEAD = b'--x\r\nContent-Disposition: form-data; name="f"; filename="%d.png"\r\n\r\n'
MIB = 2**20


def send(client: TestClient, pieces: Iterator[bytes], *, broken_off: bool = False) -> list[dict[str, Any]]:
    """Feed a body to the application piece by piece, as a server would; what it answers."""
    end = {"type": "http.disconnect"} if broken_off else {"type": "http.request", "body": b"", "more_body": False}
    assert client.portal is not None
    return client.portal.call(_send, client, pieces, end)


@contextmanager
def silent(client: TestClient, count: int) -> Iterator[None]:
    """So many clients that have begun a large upload and say no more."""

    async def all_of_them() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(count):
                group.start_soon(_send, client, images(1, 2 * READ_FIRST), None)

    assert client.portal is not None
    clients = client.portal.start_task_soon(all_of_them)
    wait_until(lambda: _places(client).arriving.borrowed_tokens == count)
    yield
    clients.cancel()


def _places(client: TestClient) -> Places:
    places: Places = client.app.state.house.places  # type: ignore[attr-defined]
    return places


async def _send(client: TestClient, pieces: Iterator[bytes], end: dict[str, Any] | None) -> list[dict[str, Any]]:
    answers: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        piece = next(pieces, None)
        if piece is not None:
            return {"type": "http.request", "body": piece, "more_body": True}
        if end is None:
            await anyio.sleep_forever()
        return end

    async def answer(message: Any) -> None:
        answers.append(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v1/jobs",
        "raw_path": b"/v1/jobs",
        "query_string": b"",
        "headers": [(b"content-type", b"multipart/form-data; boundary=x"), (b"host", b"test")],
        "http_version": "1.1",
        "scheme": "http",
        "server": ("test", 80),
        "client": ("test", 1),
        "root_path": "",
    }
    await client.app(scope, receive, answer)
    return answers


def images(count: int, size: int) -> Iterator[bytes]:
    """A form of images, in pieces of at most 64 KiB."""
    for number in range(count):
        yield HEAD % number
        for start in range(0, size, 65_536):
            yield bytes(min(65_536, size - start))
        yield b"\r\n"


def test_an_upload_that_breaks_off_leaves_no_pack_and_no_row(client: TestClient, packs: Packs) -> None:
    (start, *_) = send(client, images(50, 1000), broken_off=True)
    assert 400 <= start["status"] < 500
    assert packs() == []
    assert client.get("/v1/jobs").json()["data"] == []


@pytest.mark.parametrize("size", [1000, 2 * READ_FIRST], ids=["small", "large"])
def test_an_upload_that_stalls_is_given_up(
    client: TestClient, packs: Packs, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    monkeypatch.setattr(submission, "STALLED_SECONDS", 0.05)
    assert client.portal is not None
    start, told = client.portal.call(_send, client, images(1, size), None)
    assert (start["status"], json.loads(told["body"])["code"]) == (408, "upload_stalled")
    assert packs() == []
    assert _places(client).arriving.borrowed_tokens == 0


def test_nobody_with_one_image_waits_for_those_who_say_no_more(client: TestClient) -> None:
    with silent(client, AT_ONCE):
        assert client.post("/v1/jobs", files={"f": b"1"}).status_code == 202


def test_a_large_upload_that_finds_no_place_is_told_so(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submission, "TURN_SECONDS", 0.05)
    with silent(client, AT_ONCE):
        answer = client.post("/v1/jobs", files={"f": bytes(2 * READ_FIRST)})
    assert (answer.status_code, answer.json()["code"]) == (503, "too_many_uploads")
    assert int(answer.headers["retry-after"]) > 0


def test_an_upload_that_breaks_off_frees_its_place(client: TestClient, packs: Packs) -> None:
    for _ in range(20):  # more than are taken in at a time
        send(client, images(1, 1000), broken_off=True)
    assert client.post("/v1/jobs", files={"f": b"1"}).status_code == 202


@pytest.mark.parametrize("settings", [{"pack_bytes": MIB, "max_image_bytes": 2 * MIB}], indirect=True)
def test_memory_does_not_grow_with_the_upload(client: TestClient, packs: Packs) -> None:
    def peak(count: int) -> int:
        tracemalloc.reset_peak()
        (start, *_) = send(client, _whole(count))
        assert start["status"] == 202
        return tracemalloc.get_traced_memory()[1]

    tracemalloc.start()
    try:
        peak(5)
        assert peak(200) < 2 * peak(20)
    finally:
        tracemalloc.stop()
    assert sum(pack.stat().st_size for pack in packs()) > 200 * MIB


def _whole(count: int) -> Iterator[bytes]:
    yield from images(count, MIB)
    yield b"--x--\r\n"
